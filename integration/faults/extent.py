"""How much is tried: a reduced form with short leases; with FAULTS=full the product's own, and many more jobs."""

import os
from collections.abc import Mapping

FULL = os.environ.get("FAULTS") == "full"

JOBS = 40 if FULL else 6
"""Of one trial."""
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
"""Until when every job of a trial must have ended."""
DRAIN_SECONDS = 120.0 if FULL else 30.0
"""Until when messages of dead processes must be gone: Dramatiq takes a worker for dead after 15 s."""
