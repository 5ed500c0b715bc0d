"""What a worker process does besides processing messages: one Dramatiq middleware per module."""
