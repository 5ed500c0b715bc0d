import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from imagejobs.cli import doctor
from imagejobs.client.errors import ApiUnavailable
from imagejobs.embedded.ports import free_port
from memory_api import MemoryApi, memory_settings
from servers import mongo_server, redis_server

Run = Callable[..., Any]


@pytest.fixture
def nothing_reachable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Valid settings that lead to ports on which nobody listens."""
    monkeypatch.setenv("REDIS_URI", f"redis://127.0.0.1:{free_port()}")
    uri = f"mongodb://127.0.0.1:{free_port()}/x?serverSelectionTimeoutMS=300&connectTimeoutMS=300"
    monkeypatch.setenv("MONGODB_URI", uri)
    monkeypatch.setenv("API_URL", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("STORAGE", "s3")
    monkeypatch.setenv("R2_ENDPOINT", f"http://127.0.0.1:{free_port()}")
    for name in ("R2_ACCESS_KEY_ID", "R2_SECRET_ACCESS_KEY", "R2_BUCKET"):
        monkeypatch.setenv(name, "anything")
    monkeypatch.setenv("R2_PUBLIC_URL", "https://pub.example")
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))


@pytest.mark.usefixtures("nothing_reachable")
def test_with_nothing_reachable_it_is_one_line_per_finding_and_exit_code_1(run: Run) -> None:
    result = run("doctor")
    assert result.exit_code == 1
    lines = {line.split()[1]: line for line in result.stdout.splitlines()}
    assert lines.keys() == {"settings", "engine", "redis", "mongodb", "storage", "api", "tokens"}
    assert {name for name, line in lines.items() if line.startswith("FAIL")} == {"redis", "mongodb", "storage", "api"}
    assert "Redis is away" in lines["redis"]
    assert "MongoDB is away" in lines["mongodb"]
    assert "storage is away" in lines["storage"]
    assert "API is away" in lines["api"]
    assert "Traceback" not in result.output
    assert len(result.stdout.splitlines()) == len(lines)


@pytest.mark.usefixtures("nothing_reachable")
def test_what_works_is_said_too(run: Run, api: MemoryApi, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("STORAGE", "filesystem")
    findings = {each["name"]: each for each in json.loads(run("doctor", "--json").stdout)}
    assert {name for name, each in findings.items() if each["ok"]} == {"settings", "engine", "storage", "api", "tokens"}
    assert "wrote, read and deleted under raw/ and optimized/" in findings["storage"]["text"]
    assert "reads JPEG, PNG, GIF, WebP" in findings["engine"]["text"]
    assert [path for path in (tmp_path / "data").rglob("doctor-*") if path.is_file()] == []
    api.assert_untouched()


def test_an_api_whose_services_are_away_is_a_finding(api: MemoryApi, address: str) -> None:
    api.cut("storage")
    with pytest.raises(ApiUnavailable, match=r"API is away: Not ready: storage away\."):
        doctor._api(memory_settings(api_url=address))


def test_with_everything_there_it_counts_what_it_finds_and_exits_0(
    run: Run, api: MemoryApi, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("STORAGE", "filesystem")
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    with redis_server() as redis, mongo_server() as mongo:
        monkeypatch.setenv("REDIS_URI", redis.uri)
        monkeypatch.setenv("MONGODB_URI", mongo.uri("doctor"))
        empty = run("doctor")
        with mongo.client() as client, redis.client() as queue:
            client["doctor"]["image_jobs"].insert_many([{"status": each} for each in ("PENDING", "FAILED", "PENDING")])
            queue.lpush("task_queue", "a message")
            filled = run("doctor")
            assert queue.lrange("task_queue", 0, -1) == [b"a message"]
    assert (empty.exit_code, filled.exit_code) == (0, 0)
    assert [line for line in empty.stdout.splitlines() if not line.startswith("ok ")] == []
    assert "no jobs yet" in empty.stdout
    assert "answers; 1 FAILED, 2 PENDING" in filled.stdout
    assert "1 message(s) wait on 'task_queue'" in filled.stdout
    api.assert_untouched()
