"""The settings of a process, read from the environment and `.env`, with all mistakes reported at once."""
