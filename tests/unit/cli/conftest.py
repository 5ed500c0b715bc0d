"""The command line without an API."""

from worlds.command_line import clean_environment, closed_connections, run  # noqa: F401 - fixtures, found by their names
