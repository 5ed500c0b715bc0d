"""System calls that a conversion's process must not make, tried one after another.

Their arguments are chosen so that a call that is let through fails with another error, or does no harm.
"""

import errno
import json
import platform
import signal
import subprocess
import sys
from typing import Any, cast

import pytest

pytest.importorskip("pyseccomp", reason="needs libseccomp", exc_type=cast("Any", Exception))

PROGRAM = """
import ctypes, errno, fcntl, json, os, resource, signal, socket, subprocess, sys, threading
from imagejobs.conversion.sandbox.confinement import forbid_system_calls

attempts, where = json.loads(sys.argv[1]), sys.argv[2]
libc = ctypes.CDLL(None, use_errno=True)
space = ctypes.create_string_buffer(256)
left, right = socket.socketpair()
parent = os.getppid()
confined = threading.Event()

def call(name, *arguments):
    if getattr(libc, name)(*arguments) < 0:
        raise OSError(ctypes.get_errno(), name)

def try_all():
    confined.wait()
    for name, attempt in attempts.items():
        try:
            exec(attempt)
            print(name, 0, flush=True)
        except OSError as error:
            print(name, error.errno, flush=True)

early = threading.Thread(target=try_all)
early.start() if where == "earlier thread" else None
assert forbid_system_calls()
confined.set()
if where == "later thread":
    early.start()
early.join() if where != "main thread" else try_all()
"""
NETWORK = {
    "socket": "socket.socket()",
    "socketpair": "socket.socketpair()",
    "connect": "left.connect('/nowhere')",
    "bind": "left.bind('')",
    "listen": "left.listen()",
    "accept": "left.accept()",
    "sendto": "left.sendto(b'1', '/nowhere')",
    "sendmsg": "left.sendmsg([b'1'])",
    "sendmmsg": "call('sendmmsg', left.fileno(), space, 1, 0)",
}
PROCESSES = {
    "fork": "os.fork()",
    "execve": "os.execv('/nowhere', ['nowhere'])",
    "posix_spawn": "os.posix_spawn('/nowhere', ['nowhere'], {})",
    "subprocess": "subprocess.run(['/nowhere'])",
    "kill": "os.kill(parent, 0)",
    "sigqueue": "call('sigqueue', parent, 0, None)",
    "pidfd_open": "os.pidfd_open(parent)",
    "F_SETOWN": "fcntl.fcntl(0, 8, 0)",
    "F_SETSIG": "fcntl.fcntl(0, 10, 0)",
    "F_SETOWN_EX": "fcntl.fcntl(0, 15, bytes(8))",
    "FIOSETOWN": "fcntl.ioctl(left, 0x8901, bytes(4))",
    "SIOCSPGRP": "fcntl.ioctl(left, 0x8902, bytes(4))",
    "setpriority": "os.setpriority(os.PRIO_PROCESS, parent, os.getpriority(os.PRIO_PROCESS, parent))",
    "sched_setaffinity": "os.sched_setaffinity(parent, os.sched_getaffinity(parent))",
    "sched_setscheduler": "os.sched_setscheduler(parent, os.SCHED_OTHER, os.sched_param(0))",
    "sched_setparam": "os.sched_setparam(parent, os.sched_param(0))",
    "prlimit": "resource.prlimit(parent, resource.RLIMIT_CORE)",
    "ptrace": "call('ptrace', 16, -1, None, None)",
    "process_vm_readv": "call('process_vm_readv', parent, space, 1, space, 1, 1)",
    "process_vm_writev": "call('process_vm_writev', parent, space, 1, space, 1, 1)",
}
ADMINISTRATION = {
    "unshare": "call('unshare', 0x10000000)",
    "setns": "call('setns', -1, 0)",
    "mount": "call('mount', b'none', b'/nowhere', b'tmpfs', 0, None)",
    "umount2": "call('umount2', b'/nowhere', 0)",
    "chroot": "os.chroot('/nowhere')",
}
OTHERS_FILES = {
    "truncate": "os.truncate('/nowhere', 0)",
    "chmod": "os.chmod('/nowhere', 0)",
    "fchmod": "os.fchmod(-1, 0)",
    "fchmodat": "os.chmod('nowhere', 0, dir_fd=-1)",
    "chown": "os.chown('/nowhere', 0, 0)",
    "fchown": "os.fchown(-1, 0, 0)",
    "lchown": "os.lchown('/nowhere', 0, 0)",
    "fchownat": "os.chown('nowhere', 0, 0, dir_fd=-1)",
    "utimensat": "os.utime('/nowhere')",
    "setxattr": "os.setxattr('/nowhere', 'user.x', b'1')",
    "lsetxattr": "os.setxattr('/nowhere', 'user.x', b'1', follow_symlinks=False)",
    "fsetxattr": "os.setxattr(0, 'user.x', b'1')",
    "removexattr": "os.removexattr('/nowhere', 'user.x')",
}
BY_NUMBER = {
    "fchmodat2": "call('syscall', 452, -1, b'/nowhere', 0, 0)",
    "setxattrat": "call('syscall', 463, -1, b'/nowhere', 0, None, None, 0)",
    "execveat": "call('syscall', 322, -1, b'', None, None, 0)",
    "clone": "call('syscall', 56, signal.SIGCHLD, 0, 0, 0, 0)",
    "tkill": "call('syscall', 200, parent, 0)",
    "tgkill": "call('syscall', 234, parent, parent, 0)",
    "rt_tgsigqueueinfo": "ctypes.memset(space, 255, 16); call('syscall', 297, parent, parent, 0, space)",
    "ioprio_set": "call('syscall', 251, 1, parent, 0)",
    "sched_setattr": "call('syscall', 314, -1, space, 0)",
    "F_SETOWN, 64 bits": "call('syscall', 72, 0, ctypes.c_long(1 << 32 | 8), 0)",
    "FIOSETOWN, 64 bits": "call('syscall', 16, left.fileno(), ctypes.c_long(1 << 32 | 0x8901), bytes(4))",
    "kcmp": "call('syscall', 312, -1, -1, 0, 0, 0)",
    "bpf": "call('syscall', 321, -1, space, 0)",
    "perf_event_open": "call('syscall', 298, space, 0, -1, -1, -1)",
    "userfaultfd": "call('syscall', 323, -1)",
    "add_key": "call('syscall', 248, None, None, None, 0, 0)",
    "keyctl": "call('syscall', 250, -1, 0, 0, 0, 0)",
    "io_uring_setup": "call('syscall', 425, 0, space)",
}
"""Calls by their number on x86-64, for which the C library has no function."""
REFUSED = NETWORK | PROCESSES | ADMINISTRATION | OTHERS_FILES | (BY_NUMBER if platform.machine() == "x86_64" else {})
ALLOWED = {
    "a thread": "threads = [threading.Thread(target=int)]; threads[0].start(); threads[0].join()",
    "a file": "open(os.devnull).close()",
    "the length of an open file": "os.ftruncate(os.memfd_create('x'), 10)",
    "what was connected before": "left.close(); assert right.recv(1) == b''",
    "its own limits": "resource.setrlimit(resource.RLIMIT_CORE, (0, 0))",
}


ATTACK = """
import ctypes, fcntl, os, signal, socket, struct, sys
from imagejobs.conversion.sandbox.confinement import forbid_system_calls

victim, way = int(sys.argv[1]), sys.argv[2]
one, other = socket.socketpair()
assert forbid_system_calls()
attempts = {
    "nothing": [],
    "F_SETOWN": [lambda: fcntl.fcntl(one, fcntl.F_SETOWN, victim)],
    "F_SETOWN_EX": [lambda: fcntl.fcntl(one, 15, struct.pack("ii", 1, victim))],
    "FIOSETOWN": [lambda: fcntl.ioctl(one, 0x8901, struct.pack("i", victim))],
    "SIOCSPGRP": [lambda: fcntl.ioctl(one, 0x8902, struct.pack("i", victim))],
    "64 bits": [lambda: ctypes.CDLL(None).syscall(72, one.fileno(), ctypes.c_long(1 << 32 | fcntl.F_SETOWN), victim)],
}
signals = lambda: fcntl.fcntl(one, 10, signal.SIGKILL)
wakes = lambda: fcntl.fcntl(one, fcntl.F_SETFL, fcntl.fcntl(one, fcntl.F_GETFL) | os.O_ASYNC)
for attempt in (*attempts[way], signals, wakes, lambda: os.write(other.fileno(), b"x")):
    try:
        attempt()
    except PermissionError:
        pass
"""
"""Sets up a descriptor that kills another process when there is data to read: a signal without any call of `kill`."""


def tried(attempts: dict[str, str], where: str) -> dict[str, int]:
    """Run the attempts in a confined process; the error number of each, 0 for success."""
    command = [sys.executable, "-c", PROGRAM, json.dumps(attempts), where]
    ended = subprocess.run(command, timeout=60, check=True, capture_output=True, text=True)
    return {name: int(number) for name, number in (line.rsplit(" ", 1) for line in ended.stdout.splitlines())}


@pytest.mark.parametrize("where", ["main thread", "later thread", "earlier thread"])
def test_no_network_no_other_process_no_administration_and_nothing_of_others_files(where: str) -> None:
    assert tried(REFUSED, where) == dict.fromkeys(REFUSED, errno.EPERM)


@pytest.mark.parametrize("way", ["nothing", "F_SETOWN", "F_SETOWN_EX", "FIOSETOWN", "SIOCSPGRP", "64 bits"])
def test_no_process_is_killed_through_a_descriptor(way: str) -> None:
    if way == "64 bits" and platform.machine() != "x86_64":
        pytest.skip("uses the number of fcntl on x86-64")
    echo = [sys.executable, "-c", "print(input(), end='')"]
    with subprocess.Popen(echo, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as victim:
        subprocess.run([sys.executable, "-c", ATTACK, str(victim.pid), way], timeout=60, check=True)
        echoed, _ = victim.communicate("still there", timeout=30)

    assert (victim.returncode, echoed) == (0, "still there")


def test_what_conversions_need_stays_possible() -> None:
    assert tried(ALLOWED, "main thread") == dict.fromkeys(ALLOWED, 0)


@pytest.mark.skipif(platform.machine() != "x86_64", reason="uses the number of clone3 on x86-64")
def test_the_call_whose_flags_are_hidden_does_not_exist() -> None:
    assert tried({"clone3": "call('syscall', 435, space, 64)"}, "main thread") == {"clone3": errno.ENOSYS}


def test_a_process_can_still_give_itself_up() -> None:
    with pytest.raises(subprocess.CalledProcessError) as caught:
        tried({"abort": "os.abort()"}, "main thread")

    assert caught.value.returncode == -signal.SIGABRT
