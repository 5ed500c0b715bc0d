"""The guardian's program: it waits for the end of `imagejobs up`, however that comes, and then ends its children.

It reads `+GROUP` and `-GROUP` lines, the process groups that run, from a pipe whose other end only `up` holds. At the
end of the pipe `up` is gone: the groups that are left have GRACE_SECONDS to end and are then killed. It is run with
`python -I -S` and imports nothing but what is needed for that.
"""

import os
import signal
import sys
import time

GRACE_SECONDS = 2.0


def main() -> None:
    """Follow the pipe to its end, then end every group that is left."""
    groups: set[int] = set()
    for line in sys.stdin:
        if line.startswith("+"):
            groups.add(int(line[1:]))
        else:
            groups.discard(int(line[1:]))
    if sys.platform != "linux":  # there the kernel has sent it: a second one makes Dramatiq drop what it is doing
        _signal_leaders(groups)
    deadline = time.monotonic() + GRACE_SECONDS
    while _any_left(groups) and time.monotonic() < deadline:
        time.sleep(0.02)
    for group in groups:
        _kill(group)


def _signal_leaders(groups: set[int]) -> None:
    for group in groups:
        try:
            os.kill(group, signal.SIGTERM)
        except OSError:
            continue


def _any_left(groups: set[int]) -> bool:
    return any(_exists(group) for group in groups)


def _exists(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except OSError:
        return False
    return True


def _kill(group: int) -> None:
    try:
        os.killpg(group, signal.SIGKILL)
    except OSError:
        return


if __name__ == "__main__":
    main()
