"""What a process gives up before it looks at a stranger's file: memory, time, files, and most of the kernel."""

import errno
import logging
import os
import resource
import sys
from dataclasses import dataclass

logger = logging.getLogger(__name__)

_OPEN_FILES = 64
_FILE_BYTES_PER_PIXEL = 20
"""Five channels, of CMYK with alpha, of 32 bits, in builds with HDRI."""
_NETWORK = ("socket", "socketpair", "connect", "bind", "listen", "accept", "accept4", "sendto", "sendmsg", "sendmmsg")
_PROCESSES = ("execve", "execveat", "fork", "vfork")
_SIGNALS = ("kill", "tkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo", "pidfd_open", "pidfd_send_signal")
_TURNS = ("setpriority", "ioprio_set", "sched_setaffinity", "sched_setattr", "sched_setparam", "sched_setscheduler")
_SPYING = ("ptrace", "process_vm_readv", "process_vm_writev", "kcmp", "bpf", "perf_event_open", "userfaultfd")
_ADMINISTRATION = ("mount", "umount2", "unshare", "setns", "chroot", "keyctl", "add_key", "io_uring_setup")
# Of files it opened itself a process may change the length (ftruncate); Landlock before Linux 6.2 lets it empty others
# by their names, and none of its versions covers owners, modes, times and attributes.
_OWNERS_AND_MODES = ("chmod", "fchmod", "fchmodat", "chown", "fchown", "lchown", "fchownat")
_TIMES = ("utime", "utimes", "futimesat", "utimensat")
_ATTRIBUTES = ("setxattr", "lsetxattr", "fsetxattr", "removexattr", "lremovexattr", "fremovexattr")
_OTHERS_FILES = ("truncate", *_OWNERS_AND_MODES, *_TIMES, *_ATTRIBUTES)
FORBIDDEN_CALLS = (*_NETWORK, *_PROCESSES, *_SIGNALS, *_TURNS, *_SPYING, *_ADMINISTRATION, *_OTHERS_FILES)
NEWER_CALLS = {"fchmodat2": 452, "setxattrat": 463, "removexattrat": 466, "file_setattr": 469}
"""Those that the kernel may know and this libseccomp may not; since Linux 5.1 a number is the same on every machine."""
FORBIDDEN_COMMANDS = {"fcntl": (8, 10, 15), "fcntl64": (8, 10, 15), "ioctl": (0x8901, 0x8902)}
"""F_SETOWN, F_SETSIG, F_SETOWN_EX; FIOSETOWN, SIOCSPGRP: whom the kernel signals when there is something to read."""
_INT = 0xFFFFFFFF
"""What the kernel looks at of a command; the filter compares 64 bits."""
_CLONE_THREAD = 0x00010000  # linux/sched.h


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one conversion: `seconds` of processor time and of wall-clock time, `memory_bytes` of address space, which
    bounds what is resident, and `file_bytes` of one file, which is where ImageMagick puts what memory cannot hold: its
    policy's ceiling, while `allow_file_of` says how much of it a job may use.
    """

    seconds: int = 60
    memory_bytes: int = 600_000_000
    file_bytes: int = 1 << 32


def limit_resources(limits: Limits) -> None:
    """Set the kernel's limits for this process: no core dumps either."""
    _lower(resource.RLIMIT_AS, limits.memory_bytes)
    _lower(resource.RLIMIT_FSIZE, limits.file_bytes)
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_NOFILE, _OPEN_FILES)


def curbed_to(limits: Limits) -> int | None:
    """The bytes of memory that this machine allows (`ulimit -v`) where they are fewer than a conversion may take."""
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    return hard if hard != resource.RLIM_INFINITY and hard < limits.memory_bytes else None


def allow_cpu_seconds(seconds: int) -> None:
    """Let this process use as much more processor time from now on; at the end the kernel kills it with SIGXCPU."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    until = int(used.ru_utime + used.ru_stime) + 1 + seconds
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (_at_most(until, hard), hard))


def allow_file_of(pixels: int) -> None:
    """Let a file of this process become as large as a picture of so many pixels may be, within the limit for good."""
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (_at_most(pixels * _FILE_BYTES_PER_PIXEL, hard), hard))


def forbid_system_calls() -> bool:
    """From now on no network, no other program, no other process, and no change of a file but its content (EPERM).

    False where that cannot be had: it takes Linux and libseccomp. Threads stay possible; calls that are made already,
    like reading pipes, too.
    """
    if sys.platform != "linux":
        return False
    try:
        import pyseccomp  # noqa: PLC0415 - fails at import where the library is missing
    except (ImportError, RuntimeError, OSError) as error:
        logger.warning("no system call is forbidden to conversions: libseccomp is missing (%s)", error)
        return False
    deny = pyseccomp.ERRNO(errno.EPERM)
    calls = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
    for call in (*FORBIDDEN_CALLS, *NEWER_CALLS.values()):
        calls.add_rule(deny, call)
    for call, commands in FORBIDDEN_COMMANDS.items():
        for command in commands:
            calls.add_rule(deny, call, pyseccomp.Arg(1, pyseccomp.MASKED_EQ, _INT, command))
    # A thread is a clone that stays in its process. clone3 hides its flags in memory; the C library then takes clone.
    calls.add_rule(deny, "clone", pyseccomp.Arg(0, pyseccomp.MASKED_EQ, _CLONE_THREAD, 0))
    calls.add_rule(pyseccomp.ERRNO(errno.ENOSYS), "clone3")
    # abort() signals its own thread.
    calls.add_rule(deny, "tgkill", pyseccomp.Arg(0, pyseccomp.NE, os.getpid()))
    # Limits of its own may be lowered; 0 is the caller.
    calls.add_rule(deny, "prlimit64", pyseccomp.Arg(0, pyseccomp.NE, 0))
    # For the threads that run already, too: they share their memory with the one that decodes.
    calls.set_attr(pyseccomp.Attr.CTL_TSYNC, 1)
    calls.load()
    return True


def _lower(kind: int, value: int) -> None:
    _, hard = resource.getrlimit(kind)
    value = _at_most(value, hard)
    resource.setrlimit(kind, (value, value))


def _at_most(value: int, limit: int) -> int:
    return value if limit == resource.RLIM_INFINITY else min(value, limit)
