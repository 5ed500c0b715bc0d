"""The checks of `imagejobs doctor`, one module per service.

A check is a function of the deployment and returns what it found. It raises an error for a fault, and Concern for
something that works but should be changed.
"""

from dataclasses import dataclass

from imagejobs.cli.discovery import FoundApi
from imagejobs.settings.settings import Settings


@dataclass(frozen=True, slots=True)
class Deployment:
    """The deployment under examination: the settings of its processes, and the API as callers reach it."""

    settings: Settings
    api: FoundApi


class Concern(Exception):
    """Something works, but should be changed. The message names the remedy."""
