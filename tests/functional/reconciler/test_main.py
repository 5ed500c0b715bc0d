"""The process while its database is away; the loop itself is tested in tests/unit."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from imagejobs.embedded.ports import free_port
from servers import wait_until


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_process_ends_cleanly_at_a_signal_even_while_mongodb_is_away(tmp_path: Path, number: int) -> None:
    code = (
        "from imagejobs.logs import set_up_logging; from imagejobs.settings import load_settings; "
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
