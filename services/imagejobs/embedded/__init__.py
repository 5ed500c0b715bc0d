"""`imagejobs up`: the whole system on one machine, with its own Redis and MongoDB, under one supervisor."""
