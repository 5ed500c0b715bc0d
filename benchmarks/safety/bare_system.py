"""`imagejobs up` with less safety: `… bare_system VARIANT --data-dir D --port P`."""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

from imagejobs.embedded.applications import imagejobs_command
from imagejobs.embedded.up import run_up
from imagejobs.settings.settings import load_settings
from rich.console import Console

IDLE = (sys.executable, "-c", "import signal; signal.pause()")
API = (sys.executable, "-m", "benchmarks.safety.bare_api")
NO_REPAIR, NO_CHECK = "no-repair", "no-check"


def replaced(variant: str) -> Mapping[str, tuple[str, ...]]:
    """The commands that this variant replaces, by process name."""
    settings = load_settings(storage="filesystem")
    numbers = ("--processes", str(settings.worker_processes), "--threads", str(settings.worker_threads))
    worker = (sys.executable, "-m", "dramatiq", "benchmarks.safety.bare_worker", *numbers, "--skip-logging")
    without_repair = {"worker": worker, "reconciler": IDLE}
    return {NO_REPAIR: without_repair, NO_CHECK: {**without_repair, "api": API}}[variant]


def main() -> None:
    """Run the variant until SIGTERM."""
    parser = argparse.ArgumentParser()
    parser.add_argument("variant", choices=[NO_REPAIR, NO_CHECK])
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    options = parser.parse_args()
    commands = replaced(options.variant)
    run_up(
        load_settings(storage="filesystem"),
        port=options.port,
        data_dir=options.data_dir,
        workers=None,
        console=Console(),
        command=lambda name: commands.get(name) or imagejobs_command(name),
    )


if __name__ == "__main__":
    main()
