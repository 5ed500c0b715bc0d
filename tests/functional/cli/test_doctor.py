import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from command_line import failure
from http_proxy import http_proxy
from imagejobs.cli.checks import Deployment
from imagejobs.cli.checks.api import check_api
from imagejobs.cli.checks.examination import Finding, finding
from imagejobs.cli.checks.proxies import check_proxies
from imagejobs.cli.checks.tokens import check_tokens
from imagejobs.cli.reaching import ReachedApi
from imagejobs.client.errors import ApiUnavailable
from imagejobs.embedded.ports import free_port
from imagejobs.embedded.up_file import UpState, write_up_file
from imagejobs.settings import Settings
from memory_api import CLIENT_TOKENS, WORKER_TOKENS, MemoryApi, memory_settings, served
from servers import mongo_server, redis_server
from starlette.applications import Starlette

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
    names = {"settings", "engine", "redis", "mongodb", "deployment", "storage", "proxies", "api", "tokens"}
    assert lines.keys() == names
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
    findings = {each["name"]: each for each in failure(run("doctor", "--json"))["data"]}
    assert {name for name, each in findings.items() if not each["ok"]} == {"redis", "mongodb"}
    assert {name for name, each in findings.items() if each["warning"]} == {"deployment"}
    assert "wrote, read and deleted under raw/ and optimized/" in findings["storage"]["text"]
    assert "reads JPEG, PNG, GIF, WebP" in findings["engine"]["text"]
    assert [path for path in (tmp_path / "data").rglob("doctor-*") if path.is_file()] == []
    api.assert_untouched()


def test_an_api_whose_services_are_away_is_a_finding(api: MemoryApi, address: str) -> None:
    api.cut("storage")
    with pytest.raises(ApiUnavailable, match=r"API is away: Not ready: storage away\."):
        check_api(deployment(memory_settings(api_url=address)))


def something_else() -> Starlette:
    """A server that is not the API."""
    return Starlette(routes=[])


@pytest.mark.usefixtures("nothing_reachable")
def test_a_server_that_is_not_the_api_is_a_finding_among_the_others(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with served(something_else()) as address:
        monkeypatch.setenv("API_URL", address)
        monkeypatch.setenv("WORKER_TOKENS", "secret")
        result = run("doctor", "--json")
    assert result.exit_code == 1
    findings = {each["name"]: each for each in failure(result)["data"]}
    assert {name for name, each in findings.items() if not each["ok"]} == {"redis", "mongodb", "storage", "api"}
    assert findings["api"]["text"] == (
        f"{address} does not answer as the API does (GET /readyz answered 404); check API_URL"
    )
    assert "not tried: GET /api/image-jobs answered 404" in findings["tokens"]["text"]


def deployment(settings: Settings) -> Deployment:
    """With its tokens from `.env`."""
    names = [name for name in ("API_TOKENS", "WORKER_TOKENS") if getattr(settings, name.lower())]
    return Deployment(settings, ReachedApi(settings, dict.fromkeys(names, ".env")))


def tokens_of(api: MemoryApi, address: str, client: tuple[str, ...], worker: tuple[str, ...]) -> Finding:
    settings = memory_settings(api_url=address, api_tokens=client, worker_tokens=worker)
    result = finding("tokens", lambda: check_tokens(deployment(settings)))
    api.assert_untouched()
    return result


@pytest.mark.parametrize(
    ("client", "worker", "told"),
    [
        (CLIENT_TOKENS, ("stranger",), "number 1 of WORKER_TOKENS (from .env) is refused by the API at "),
        ((CLIENT_TOKENS[0], "stranger"), WORKER_TOKENS, "number 2 of API_TOKENS (from .env) is refused by the API at "),
        (CLIENT_TOKENS, CLIENT_TOKENS, "number 1 of WORKER_TOKENS (from .env) is refused by the API at "),
        (WORKER_TOKENS, WORKER_TOKENS, "number 1 of API_TOKENS (from .env) is refused by the API at "),
        ((), WORKER_TOKENS, "API_TOKENS is not set, but the API at "),
        (CLIENT_TOKENS, (), "WORKER_TOKENS is not set, but the API at "),
    ],
)
def test_each_token_is_tried(
    api: MemoryApi, address: str, client: tuple[str, ...], worker: tuple[str, ...], told: str
) -> None:
    result = tokens_of(api, address, client, worker)
    assert not result.ok
    assert result.text.startswith(f"{told}{address}")
    assert "stranger" not in result.text


def test_both_kinds_of_tokens_are_told_at_once(api: MemoryApi, address: str) -> None:
    assert tokens_of(api, address, ("x",), ("y",)).text.count("is refused by") == 2


def test_the_right_tokens_are_said_to_be_so(api: MemoryApi, address: str) -> None:
    result = tokens_of(api, address, CLIENT_TOKENS, WORKER_TOKENS)
    assert result.ok
    assert result.text == f"API_TOKENS is from .env; WORKER_TOKENS is from .env; {address} accepts this"


def test_a_running_local_system_is_what_is_tried(
    run: Run, served_api: tuple[MemoryApi, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data_dir = tmp_path / ".imagejobs"
    data_dir.mkdir()
    monkeypatch.setenv("ENQUEUE_TO", "dramatiq")
    with redis_server() as redis, mongo_server() as mongo:
        stores = (redis.uri, mongo.uri("doctor"))
        state = UpState(served_api[1], *stores, CLIENT_TOKENS[0], WORKER_TOKENS[0], {"up": os.getpid()})
        write_up_file(data_dir, state)
        result = run("doctor")
    assert result.exit_code == 0, result.output
    assert [line for line in result.stdout.splitlines() if not line.startswith("ok ")] == []
    assert "0 message(s) wait on 'dramatiq:image_jobs'" in result.stdout
    assert f"{served_api[1]} is ready" in result.stdout
    place = "the `imagejobs up` on .imagejobs"
    told = f"API_TOKENS is from {place}; WORKER_TOKENS is from {place}; {served_api[1]} accepts this"
    assert told in result.stdout


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


@pytest.mark.usefixtures("nothing_reachable")
def test_a_proxy_that_is_not_there_is_a_finding_without_its_password(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    port = free_port()
    monkeypatch.setenv("R2_ENDPOINT", "https://s3.example")
    monkeypatch.setenv("R2_PROXY", f"http://me:secret@127.0.0.1:{port}")
    monkeypatch.setenv("API_PROXY", f"http://me:secret@127.0.0.1:{port}")
    result = run("doctor")
    told = f"FAIL proxies    the proxy 127.0.0.1:{port} to https://s3.example accepts no connection"
    assert told in result.stdout
    assert f"through the proxy 127.0.0.1:{port} did not answer" in result.stdout, "storage"
    assert "secret" not in result.output


def test_proxies_that_are_and_that_are_not_used_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with http_proxy() as proxy:
        for name, value in proxy.environment.items():
            monkeypatch.setenv(name, value)
        settings = memory_settings(api_url="http://api.example", api_proxy=proxy.url)
        told = check_proxies(deployment(settings))
    assert told == (
        f"http://api.example is reached through 127.0.0.1:{proxy.port} (API_PROXY); "
        f"HTTP_PROXY=127.0.0.1:{proxy.port}, HTTPS_PROXY=127.0.0.1:{proxy.port}, ALL_PROXY=127.0.0.1:{proxy.port} "
        "of the environment is not used; API_PROXY or R2_PROXY would be"
    )
