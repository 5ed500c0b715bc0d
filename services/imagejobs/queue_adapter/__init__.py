"""Moves messages from the list `task_queue` to Dramatiq, without losing one."""
