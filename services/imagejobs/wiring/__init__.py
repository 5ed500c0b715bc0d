"""Builds objects from settings. A function `open_…` builds one that talks to a service."""
