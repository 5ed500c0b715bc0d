"""The same faults injected into this system, Dramatiq, Celery and BullMQ."""
