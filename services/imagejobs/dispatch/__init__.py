"""Everything that knows Dramatiq's queues: the broker, its tasks, and the queue that producers push to."""
