"""The environment names an HTTP proxy that does not answer, as on many machines and in many containers."""

import os
import subprocess
import sys
from pathlib import Path

from servers.http_proxy import http_proxy

SAMPLE = Path(__file__).parents[1] / "samples" / "soft-alpha.png"


def test_the_demo_converts_past_a_proxy_of_the_environment_that_swallows(tmp_path: Path) -> None:
    own = {name: value for name, value in os.environ.items() if not name.endswith(("_TOKENS", "_URI", "_URL", "_PORT"))}
    with http_proxy() as proxy:
        result = subprocess.run(
            [sys.executable, "-m", "imagejobs", "demo", str(SAMPLE)],
            env=own | proxy.environment,
            cwd=tmp_path,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    assert result.returncode == 0, result.stdout + result.stderr
    assert "COMPLETED" in result.stdout
    assert proxy.heads == []
