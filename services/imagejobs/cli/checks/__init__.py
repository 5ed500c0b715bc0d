"""What `imagejobs doctor` tries, a module for each service.

A check is a function of the deployment. It says what it found, raises what a person can do something about, or raises
Concern for what works but should be changed.
"""

from dataclasses import dataclass

from imagejobs.cli.discovery import FoundApi
from imagejobs.settings.settings import Settings


@dataclass(frozen=True, slots=True)
class Deployment:
    """What is examined: the settings of its processes, and the API as its callers reach it."""

    settings: Settings
    api: FoundApi


class Concern(Exception):
    """Something works, but not as it should in the long run; the message names the remedy."""
