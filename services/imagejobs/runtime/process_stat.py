"""What Linux tells of a process in /proc/PID/stat (proc_pid_stat(5))."""

from pathlib import Path


def process_stat(pid: int) -> list[bytes]:
    """The fields from the third one on: the state, such as `R` or `Z`, is at 0, the field number N at N - 3.

    Raises OSError where there is no such process, or no such file because the system is not Linux.
    """
    # The second field, the program's name in parentheses, may hold anything, parentheses and spaces too.
    return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
