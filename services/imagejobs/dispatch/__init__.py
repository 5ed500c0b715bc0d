"""Everything that knows Dramatiq's queues."""
