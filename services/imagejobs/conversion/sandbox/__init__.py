"""The conversion in child processes that hold no secrets and may die."""
