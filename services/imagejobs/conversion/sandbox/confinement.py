"""The limits that a child sets for itself, and the system calls that it gives up, before it reads untrusted files."""

import errno
import logging
import os
import resource
import sys
from dataclasses import dataclass

logger = logging.getLogger(__name__)

_OPEN_FILES = 64
_FILE_BYTES_PER_PIXEL = 20
"""The bytes of a pixel in ImageMagick's file of pixels: five channels (CMYK with alpha) of 32 bits in HDRI builds."""
_NETWORK = ("socket", "socketpair", "connect", "bind", "listen", "accept", "accept4", "sendto", "sendmsg", "sendmmsg")
_PROCESSES = ("execve", "execveat", "fork", "vfork")
_SIGNALS = ("kill", "tkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo", "pidfd_open", "pidfd_send_signal")
_TURNS = ("setpriority", "ioprio_set", "sched_setaffinity", "sched_setattr", "sched_setparam", "sched_setscheduler")
_SPYING = ("ptrace", "process_vm_readv", "process_vm_writev", "kcmp", "bpf", "perf_event_open", "userfaultfd")
_ADMINISTRATION = ("mount", "umount2", "unshare", "setns", "chroot", "keyctl", "add_key", "io_uring_setup")
# Landlock does not cover owners, modes, times and attributes of files, and before Linux 6.2 no truncation by name.
# ftruncate stays allowed: it changes files that the process opened itself.
_OWNERS_AND_MODES = ("chmod", "fchmod", "fchmodat", "chown", "fchown", "lchown", "fchownat")
_TIMES = ("utime", "utimes", "futimesat", "utimensat")
_ATTRIBUTES = ("setxattr", "lsetxattr", "fsetxattr", "removexattr", "lremovexattr", "fremovexattr")
_OTHERS_FILES = ("truncate", *_OWNERS_AND_MODES, *_TIMES, *_ATTRIBUTES)
FORBIDDEN_CALLS = (*_NETWORK, *_PROCESSES, *_SIGNALS, *_TURNS, *_SPYING, *_ADMINISTRATION, *_OTHERS_FILES)
NEWER_CALLS = {"fchmodat2": 452, "setxattrat": 463, "removexattrat": 466, "file_setattr": 469}
"""Calls whose names this libseccomp may not know. Since Linux 5.1 a number is the same on all architectures."""
FORBIDDEN_COMMANDS = {"fcntl": (8, 10, 15), "fcntl64": (8, 10, 15), "ioctl": (0x8901, 0x8902)}
"""F_SETOWN, F_SETSIG, F_SETOWN_EX; FIOSETOWN, SIOCSPGRP: they make the kernel send signals to other processes."""
_INT = 0xFFFFFFFF
"""The bits of a command that the kernel reads; without the mask the filter would compare 64 bits."""
_CLONE_THREAD = 0x00010000  # linux/sched.h


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one conversion.

    `seconds` bounds processor time and wall-clock time; `memory_bytes` bounds the address space, and so the resident
    memory. `file_bytes` bounds the file where ImageMagick puts pixels that memory cannot hold; it is the most that its
    policy allows, and `allow_file_of` lowers it for each job.
    """

    seconds: int = 60
    memory_bytes: int = 600_000_000
    file_bytes: int = 1 << 32


def limit_resources(limits: Limits) -> None:
    """Set the kernel's limits for this process. Core dumps are off."""
    _lower(resource.RLIMIT_AS, limits.memory_bytes)
    _lower(resource.RLIMIT_FSIZE, limits.file_bytes)
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_NOFILE, _OPEN_FILES)


def curbed_to(limits: Limits) -> int | None:
    """The bytes of memory that `ulimit -v` allows, if they are fewer than `limits` allow; otherwise None."""
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    return hard if hard != resource.RLIM_INFINITY and hard < limits.memory_bytes else None


def allow_cpu_seconds(seconds: int) -> None:
    """Allow this process so many more seconds of processor time. After that the kernel kills it with SIGXCPU."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    until = int(used.ru_utime + used.ru_stime) + 1 + seconds
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (_at_most(until, hard), hard))


def allow_file_of(pixels: int) -> None:
    """Allow this process to write files as large as a picture of so many pixels, within the hard limit."""
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (_at_most(pixels * _FILE_BYTES_PER_PIXEL, hard), hard))


def forbid_system_calls() -> bool:
    """Forbid network, other programs, other processes, and changes of a file's mode, owner, times and attributes.

    A forbidden call fails with EPERM. Threads and open pipes keep working. Returns False, and forbids nothing, where
    Linux or libseccomp is missing.
    """
    if sys.platform != "linux":
        return False
    try:
        import pyseccomp  # noqa: PLC0415 - fails at import where the library is missing
    except (ImportError, RuntimeError, OSError) as error:
        logger.warning("conversions may use all system calls, because libseccomp is missing: %s", error)
        return False
    deny = pyseccomp.ERRNO(errno.EPERM)
    calls = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
    for call in (*FORBIDDEN_CALLS, *NEWER_CALLS.values()):
        calls.add_rule(deny, call)
    for call, commands in FORBIDDEN_COMMANDS.items():
        for command in commands:
            calls.add_rule(deny, call, pyseccomp.Arg(1, pyseccomp.MASKED_EQ, _INT, command))
    # A new thread is a clone with this flag. clone3 keeps its flags in memory, where no filter sees them; on ENOSYS the
    # C library uses clone.
    calls.add_rule(deny, "clone", pyseccomp.Arg(0, pyseccomp.MASKED_EQ, _CLONE_THREAD, 0))
    calls.add_rule(pyseccomp.ERRNO(errno.ENOSYS), "clone3")
    # The process may signal its own threads, because abort() does.
    calls.add_rule(deny, "tgkill", pyseccomp.Arg(0, pyseccomp.NE, os.getpid()))
    # 0 stands for the calling process, which may lower its own limits.
    calls.add_rule(deny, "prlimit64", pyseccomp.Arg(0, pyseccomp.NE, 0))
    # The filter also covers threads that already run: they share the memory of the thread that decodes.
    calls.set_attr(pyseccomp.Attr.CTL_TSYNC, 1)
    calls.load()
    return True


def _lower(kind: int, value: int) -> None:
    _, hard = resource.getrlimit(kind)
    value = _at_most(value, hard)
    resource.setrlimit(kind, (value, value))


def _at_most(value: int, limit: int) -> int:
    return value if limit == resource.RLIM_INFINITY else min(value, limit)
