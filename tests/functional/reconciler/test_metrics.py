"""The metrics as Prometheus gets them, over a socket."""

import socket

import pytest
import urllib3
from imagejobs.embedded.services.ports import free_port
from imagejobs.errors import ConfigurationError
from imagejobs.jobs.repair import RepairReport
from imagejobs.reconciler.main import _serve
from imagejobs.reconciler.metrics import Metrics
from imagejobs.settings.settings import Settings


def settings(port: int) -> Settings:
    return Settings(_env_file=None, storage="filesystem", metrics_port=port)


def test_they_are_served_where_the_settings_say() -> None:
    port, metrics = free_port(), Metrics()
    _serve(metrics, settings(port))
    metrics.repaired(RepairReport(requeued=3))
    answer = urllib3.request("GET", f"http://127.0.0.1:{port}/metrics", timeout=5)
    assert answer.status == 200
    assert 'imagejobs_repairs_total{repair="requeued"} 3.0' in answer.data.decode()


def test_without_a_port_nothing_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Metrics, "serve", lambda *_: pytest.fail("nobody asked for it"))
    _serve(Metrics(), settings(0))


def test_a_port_that_is_taken_is_told_with_the_names_of_the_settings() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigurationError, match=f"METRICS_HOST, METRICS_PORT: 127.0.0.1:{port} cannot"):
            _serve(Metrics(), settings(port))
