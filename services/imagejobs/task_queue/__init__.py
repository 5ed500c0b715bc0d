"""The legacy Redis list `task_queue`, shared with producers and workers that this project did not write."""
