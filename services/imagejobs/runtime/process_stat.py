"""Reads the status of a Linux process from /proc/PID/stat, see proc_pid_stat(5)."""

from pathlib import Path


def process_stat(pid: int) -> list[bytes]:
    """The fields from the third one on: field N of the manual is at N - 3. The state, such as `R` or `Z`, is at 0.

    Raises OSError if the process does not exist, or if the system is not Linux.
    """
    # The second field, the program's name in parentheses, may contain any character, also parentheses and spaces.
    return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
