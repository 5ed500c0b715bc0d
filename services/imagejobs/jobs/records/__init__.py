"""Where jobs are recorded: the port and its implementations."""
