"""The output of all commands: text for people, JSON of one shape for programs, progress on a terminal."""
