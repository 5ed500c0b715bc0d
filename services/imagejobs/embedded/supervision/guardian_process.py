"""The guardian's program: it waits until `imagejobs up` has ended, for whatever reason, and then ends its children.

It reads lines from a pipe whose other end only `up` holds: `+GROUP` when a process group has started, `-GROUP` when it
has ended. The end of the pipe means that `up` has ended. The groups that still run then get GRACE_SECONDS to end, and
are killed afterwards. The program is run with `python -I -S`, and imports only what it needs.
"""

import os
import signal
import sys
import time

GRACE_SECONDS = 2.0


def main() -> None:
    """Read the pipe to its end, then end every group that still runs."""
    groups: set[int] = set()
    for line in sys.stdin:
        if line.startswith("+"):
            groups.add(int(line[1:]))
        else:
            groups.discard(int(line[1:]))
    if sys.platform != "linux":  # Linux has sent SIGTERM already; after a second one Dramatiq drops its running jobs
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
