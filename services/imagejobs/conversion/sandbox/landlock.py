"""Landlock: rules by which a process restricts its own access to files (landlock(7), since Linux 5.13)."""

import ctypes
import os
import struct
import sys
from collections.abc import Iterable
from pathlib import Path

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
"""The numbers of the system calls, which are the same on all architectures."""
_VERSION, _PATH_BENEATH = 1, 1
_EXECUTE, _READ_FILE, _READ_DIR, _REMOVE_DIR = 1 << 0, 1 << 2, 1 << 3, 1 << 4
_READ = _EXECUTE | _READ_FILE | _READ_DIR
_RIGHTS = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1}
"""All rights that each version of the interface knows, up to the third."""
_NO_NEW_PRIVILEGES = 38  # linux/prctl.h


def allow_only(readable: Iterable[Path], own: Path) -> bool:
    """Restrict this thread, and those that it starts, to reading in the `readable` folders and writing in `own`.

    Open files stay open. Returns False, and changes nothing, where the kernel has no Landlock.
    """
    if sys.platform != "linux":
        return False
    library = ctypes.CDLL(None, use_errno=True)
    version = library.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), _VERSION)
    if version < 1:
        return False
    every = _RIGHTS[min(version, max(_RIGHTS))]
    rules = library.syscall(_CREATE_RULESET, struct.pack("Q", every), ctypes.c_size_t(8), 0)
    if rules < 0:
        return False
    try:
        allowed = [_allow(library, rules, folder, _READ) for folder in readable if folder.is_dir()]
        return (
            all(allowed)
            and _allow(library, rules, own, every)
            and _allow(library, rules, own.parent, _REMOVE_DIR)  # to remove `own` itself, once it is empty
            and library.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) == 0
            and library.syscall(_RESTRICT_SELF, rules, 0) == 0
        )
    finally:
        os.close(rules)


def _allow(library: ctypes.CDLL, rules: int, folder: Path, rights: int) -> bool:
    beneath = os.open(folder, os.O_PATH | os.O_CLOEXEC)
    try:
        rule = struct.pack("=Qi", rights, beneath)
        return bool(library.syscall(_ADD_RULE, rules, _PATH_BENEATH, rule, 0) == 0)
    finally:
        os.close(beneath)
