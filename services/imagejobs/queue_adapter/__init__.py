"""Moves messages from the list `task_queue` to Dramatiq, and loses none."""
