"""The command line `imagejobs`.

A command imports heavy modules only when it runs, so that `imagejobs --help` and the small processes start fast.
"""

from imagejobs.cli.app import app

__all__ = ["app"]
