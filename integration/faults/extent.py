"""The size of a run: few jobs and short leases by default; with FAULTS=full many jobs and the product's defaults."""

import os
from collections.abc import Mapping

FULL = os.environ.get("FAULTS") == "full"

JOBS = 40 if FULL else 6
"""Jobs in one trial."""
ROUNDS = 5 if FULL else 1
"""How often one trial injects its fault."""

DEFAULTS: Mapping[str, str] = {
    "LEASE_SECONDS": "20",
    "RECONCILE_INTERVAL": "3",
    "PENDING_AFTER": "30",
    "SWEEP_INTERVAL": "60",
    "RENDITIONS": "64",
}
QUICK: Mapping[str, str] = {
    "LEASE_SECONDS": "2",
    "RECONCILE_INTERVAL": "0.3",
    "PENDING_AFTER": "2",
    "SWEEP_INTERVAL": "1",
    "RENDITIONS": "64",
}
SETTINGS = DEFAULTS if FULL else QUICK

SETTLE_SECONDS = 300.0 if FULL else 60.0
"""Every job of a trial must end within this time."""
DRAIN_SECONDS = 120.0 if FULL else 30.0
"""No message may be left after this time. Dramatiq considers a worker dead after 15 s."""
