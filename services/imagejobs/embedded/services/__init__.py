"""The backing services, Redis and MongoDB, as child processes."""
