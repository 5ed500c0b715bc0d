"""Landlock, Linux's access rules for files that a process sets for itself (landlock(7), since Linux 5.13)."""

import ctypes
import os
import struct
import sys
from collections.abc import Iterable
from pathlib import Path

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
"""System calls, of the same numbers on every architecture."""
_VERSION, _PATH_BENEATH = 1, 1
_EXECUTE, _READ_FILE, _READ_DIR, _REMOVE_DIR = 1 << 0, 1 << 2, 1 << 3, 1 << 4
_READ = _EXECUTE | _READ_FILE | _READ_DIR
_RIGHTS = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1}
"""All that a version of the interface knows; what came later is no access to files."""
_NO_NEW_PRIVILEGES = 38  # linux/prctl.h


def allow_only(readable: Iterable[Path], own: Path) -> bool:
    """From now on this thread, and those that it starts, read what lies in these folders and write what lies in `own`.

    What is open stays open. False, and nothing is changed, where the kernel cannot do it.
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
