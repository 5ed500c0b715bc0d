"""The command line `imagejobs`: the processes, and what a person at a terminal needs.

Each command imports what it runs when it runs, so that `imagejobs --help` and the small processes start at once.
"""

from imagejobs.cli.app import app

__all__ = ["app"]
