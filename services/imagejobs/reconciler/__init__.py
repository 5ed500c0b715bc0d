"""The process that repeats the repair of jobs for ever. Several may run; each action is a compare-and-set."""
