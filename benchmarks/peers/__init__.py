"""The same faults on this system, Dramatiq, Celery and BullMQ, side by side."""
