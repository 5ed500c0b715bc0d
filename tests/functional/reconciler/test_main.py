"""The process while its database is unavailable; the loop itself is tested in tests/unit."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from imagejobs.embedded.services.ports import free_port
from servers.processes import mongo_server, silent_server, wait_until


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_process_ends_cleanly_at_a_signal_even_while_mongodb_is_away(tmp_path: Path, number: int) -> None:
    code = (
        "from imagejobs.runtime.logs import set_up_logging; from imagejobs.settings.settings import load_settings; "
        "from imagejobs.reconciler.main import run; set_up_logging('INFO'); run(load_settings())"
    )
    environment = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME"}} | {
        "STORAGE": "filesystem",
        "MONGODB_URI": f"mongodb://127.0.0.1:{free_port()}/none",
        "RECONCILE_INTERVAL": "60",
    }
    log = tmp_path / "log"
    with log.open("wb") as file:
        process = subprocess.Popen([sys.executable, "-c", code], cwd=tmp_path, env=environment, stderr=file)
    try:
        wait_until(lambda: "reconciling every 60 s" in log.read_text())
        process.send_signal(number)
        assert process.wait(5) == 0
    finally:
        process.kill()
        process.wait()
    assert "Traceback" not in log.read_text()


def test_the_process_ends_soon_after_a_signal_in_the_middle_of_a_sweep(tmp_path: Path) -> None:
    """The storage accepts connections and never answers: the thread of the sweep hangs for three times 30 s."""
    with mongo_server() as mongo, silent_server() as silent:
        environment = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME"}} | {
            "R2_ENDPOINT": f"http://127.0.0.1:{silent}",
            "R2_ACCESS_KEY_ID": "key",
            "R2_SECRET_ACCESS_KEY": "secret",
            "R2_BUCKET": "images",
            "R2_PUBLIC_URL": "https://pub.example",
            "MONGODB_URI": mongo.uri("jobs"),
            "RECONCILE_INTERVAL": "0.1",
            "SWEEP_INTERVAL": "0.1",
            "LOG_LEVEL": "DEBUG",
        }
        code = (
            "import imagejobs.storage.s3 as s3; real = s3.S3Storage.list\n"
            "def listing(*arguments):\n"
            "    print('sweeping', flush=True)\n"
            "    yield from real(*arguments)\n"
            "s3.S3Storage.list = listing\n"
            "from imagejobs.reconciler.main import run; from imagejobs.settings.settings import load_settings; "
            "run(load_settings())"
        )
        process = subprocess.Popen(
            [sys.executable, "-c", code], cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        try:
            assert process.stdout
            assert process.stdout.readline() == b"sweeping\n"
            signalled = time.monotonic()
            process.send_signal(signal.SIGTERM)
            _, said = process.communicate(timeout=10)
            assert time.monotonic() - signalled < 5
            assert process.returncode == 0
            assert b"Traceback" not in said
        finally:
            process.kill()
            process.wait()
