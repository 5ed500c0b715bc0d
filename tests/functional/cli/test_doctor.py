import os
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from imagejobs.cli.checks import Deployment, examination
from imagejobs.cli.checks.api import check_api, check_records
from imagejobs.cli.checks.examination import CHECKS, Finding, finding
from imagejobs.cli.checks.proxies import check_proxies
from imagejobs.cli.checks.queue import check_redis
from imagejobs.cli.checks.storage import check_outputs, check_sources
from imagejobs.cli.checks.tokens import check_tokens
from imagejobs.cli.discovery import FoundApi
from imagejobs.client.errors import ApiUnavailable
from imagejobs.connections.mongodb import Database
from imagejobs.embedded.services.ports import free_port
from imagejobs.embedded.up_file import UpState, write_up_file
from imagejobs.jobs.records.mongo import MongoImageJobRepository
from imagejobs.settings.settings import Settings
from servers.api_server import served
from servers.http_proxy import http_proxy
from servers.processes import RedisServer, mongo_server, redis_server, wait_until
from servers.serving import serving
from starlette.applications import Starlette
from worlds.command_line import failure
from worlds.memory_api import CLIENT_TOKENS, WORKER_TOKENS, MemoryApi, memory_settings

Run = Callable[..., Any]


pytestmark = pytest.mark.usefixtures("warm_engine")


@pytest.fixture
def nothing_reachable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, short_timeouts: None) -> None:  # noqa: ARG001 - less waiting
    """Valid settings with ports on which no server listens."""
    monkeypatch.setenv("REDIS_URI", f"redis://127.0.0.1:{free_port()}")
    monkeypatch.setenv("MONGODB_URI", f"mongodb://127.0.0.1:{free_port()}/x")
    monkeypatch.setenv("API_URL", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("STORAGE", "s3")
    monkeypatch.setenv("R2_ENDPOINT", f"http://127.0.0.1:{free_port()}")
    for name in ("R2_ACCESS_KEY_ID", "R2_SECRET_ACCESS_KEY", "R2_BUCKET"):
        monkeypatch.setenv(name, "anything")
    monkeypatch.setenv("R2_PUBLIC_URL", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))


@pytest.mark.usefixtures("nothing_reachable")
def test_with_nothing_reachable_it_is_one_line_per_finding_and_exit_code_1(run: Run) -> None:
    result = run("doctor")
    assert result.exit_code == 1
    lines = {line.split()[1]: line for line in result.stdout.splitlines()}
    assert lines.keys() == {"settings", "engine", *(name for name, _ in CHECKS)}
    assert {name for name, line in lines.items() if line.startswith("FAIL")} == {"redis", "mongodb", "storage", "api"}
    assert "Redis is unavailable" in lines["redis"]
    assert "MongoDB is unavailable" in lines["mongodb"]
    assert "storage is unavailable" in lines["storage"]
    assert "API is unavailable" in lines["api"]
    assert "Traceback" not in result.output
    assert len(result.stdout.splitlines()) == len(lines)


@pytest.mark.usefixtures("nothing_reachable")
def test_what_works_is_reported_too(run: Run, api: MemoryApi, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("STORAGE", "filesystem")
    findings = {each["name"]: each for each in failure(run("doctor", "--json"))["data"]}
    assert {name for name, each in findings.items() if not each["ok"]} == {"redis", "mongodb"}
    assert {name for name, each in findings.items() if each["warning"]} == {
        "deployment",
        "outputs",
        "sources",
        "records",
    }
    assert "wrote, read, listed and deleted under raw/ and optimized/" in findings["storage"]["text"]
    assert "reads JPEG, PNG, GIF, WebP" in findings["engine"]["text"]
    assert [path for path in (tmp_path / "data").rglob("doctor-*") if path.is_file()] == []
    api.assert_untouched()


def test_an_api_without_its_services_is_a_finding(api: MemoryApi, address: str) -> None:
    api.cut("storage")
    with pytest.raises(ApiUnavailable, match=r"API is unavailable: Not ready: storage unavailable\."):
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
    """A deployment whose tokens come from `.env`."""
    names = [name for name in ("API_TOKENS", "WORKER_TOKENS") if getattr(settings, name.lower())]
    return Deployment(settings, FoundApi(settings, dict.fromkeys(names, ".env")))


def tokens_of(api: MemoryApi, address: str, client: tuple[str, ...], worker: tuple[str, ...]) -> Finding:
    settings = memory_settings(api_url=address, api_tokens=client, worker_tokens=worker)
    result = finding("tokens", lambda: check_tokens(deployment(settings)))
    api.assert_untouched()
    return result


@pytest.mark.parametrize(
    ("client", "worker", "expected"),
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
    api: MemoryApi, address: str, client: tuple[str, ...], worker: tuple[str, ...], expected: str
) -> None:
    result = tokens_of(api, address, client, worker)
    assert not result.ok
    assert result.text.startswith(f"{expected}{address}")
    assert "stranger" not in result.text


def test_both_kinds_of_tokens_are_reported_at_once(api: MemoryApi, address: str) -> None:
    assert tokens_of(api, address, ("x",), ("y",)).text.count("is refused by") == 2


def test_the_right_tokens_are_reported_as_accepted(api: MemoryApi, address: str) -> None:
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
    others = [line.split()[1] for line in result.stdout.splitlines() if not line.startswith("ok ")]
    assert others == ["outputs", "sources"], "the API of this test keeps its images in memory"
    assert f"GET {served_api[1]}/media/optimized/doctor-" in result.stdout
    assert "0 message(s) wait on 'dramatiq:image_jobs'" in result.stdout
    assert f"{served_api[1]} is ready" in result.stdout
    place = "the `imagejobs up` on .imagejobs"
    expected = f"API_TOKENS is from {place}; WORKER_TOKENS is from {place}; {served_api[1]} accepts this"
    assert expected in result.stdout


def test_with_everything_there_it_counts_what_it_finds_and_exits_0(
    run: Run, api: MemoryApi, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("STORAGE", "filesystem")
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    with redis_server() as redis, mongo_server() as mongo, public_files(tmp_path / "data" / "objects") as public_url:
        monkeypatch.setenv("REDIS_URI", redis.uri)
        monkeypatch.setenv("MONGODB_URI", mongo.uri("doctor"))
        monkeypatch.setenv("R2_PUBLIC_URL", public_url)
        result = run("doctor")
        with mongo.client() as client, redis.client() as queue:
            assert queue.keys() == [], "nothing is left behind"
            assert [each for each in client["doctor"].list_collection_names() if "doctor" in each] == []
            queue.lpush("task_queue", "a message")
            waiting = redis_finding(redis.uri, namespace="")
            assert queue.lrange("task_queue", 0, -1) == [b"a message"]
            assert queue.keys() == [b"task_queue"]
    assert [line for line in result.stdout.splitlines() if not line.startswith("ok ")] == []
    assert result.exit_code == 0
    assert "wrote (by majority) and read; no jobs yet" in result.stdout
    assert "there are no jobs yet, so API_URL and MONGODB_URI cannot be compared" in result.stdout
    assert "wrote, moved (BLMOVE) and ran a script; 0 message(s) wait on 'task_queue'" in result.stdout
    assert waiting.text == "wrote, moved (BLMOVE) and ran a script; 1 message(s) wait on 'task_queue'"
    assert [each for each in (tmp_path / "data").rglob("doctor-*") if each.is_file()] == []
    api.assert_untouched()


@contextmanager
def public_files(directory: Path) -> Iterator[str]:
    """The address of a server that serves a directory, as a bucket's public address does."""

    class Files(SimpleHTTPRequestHandler):
        def __init__(self, *args: Any) -> None:
            super().__init__(*args, directory=str(directory))

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Files)
    with serving(server):
        yield f"http://127.0.0.1:{server.server_port}"


@pytest.fixture(scope="module")
def redis() -> Iterator[RedisServer]:
    with redis_server() as server:
        yield server


def redis_finding(uri: str, namespace: str = "staging") -> Finding:
    settings = memory_settings(redis_uri=uri, redis_namespace=namespace)
    return finding("redis", lambda: check_redis(deployment(settings)))


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ("~task_queue* ~dramatiq* ~staging* +@all -lpush", "Redis refuses a write (LPUSH): its user may not use"),
        ("~task_queue* ~dramatiq* ~staging* +@all -blmove", "Redis refuses BLMOVE: its user may not use"),
        ("~task_queue* ~dramatiq* ~staging* +@all -eval", "Redis refuses a script (EVAL): its user may not use"),
        ("~task_queue* +@all", "allow this user every command on the keys of image-jobs"),
    ],
)
def test_what_redis_does_not_allow_is_a_finding(redis: RedisServer, rules: str, expected: str) -> None:
    with redis.client() as client:
        client.execute_command("ACL", "SETUSER", "images", "reset", "on", ">pa55word", *rules.split())  # type: ignore[no-untyped-call]  # redis-py
        result = redis_finding(redis.uri.replace("://", "://images:pa55word@"))
        assert client.keys() == []
    assert not result.ok
    assert expected in result.text
    assert "pa55word" not in result.text


def test_a_user_who_may_do_everything_on_our_keys_only_is_enough(redis: RedisServer) -> None:
    with redis.client() as client:
        rules = ["~task_queue*", "~staging:*", "+@all", "-info"]
        client.execute_command("ACL", "SETUSER", "images", "reset", "on", ">pa55word", *rules)  # type: ignore[no-untyped-call]  # redis-py
        result = redis_finding(redis.uri.replace("://", "://images:pa55word@"))
    assert (result.ok, result.is_warning) == (True, False)
    assert "maxmemory-policy is not known" in result.text


def test_a_redis_that_drops_keys_is_a_warning_that_names_the_setting(redis: RedisServer) -> None:
    with redis.client() as client:
        client.config_set("maxmemory-policy", "allkeys-lru")
        try:
            result = redis_finding(redis.uri)
        finally:
            client.config_set("maxmemory-policy", "noeviction")
    assert (result.ok, result.is_warning) == (True, True)
    assert "maxmemory-policy is allkeys-lru" in result.text
    assert "set noeviction" in result.text


def test_a_replica_is_a_finding_that_says_what_redis_uri_must_name(redis: RedisServer) -> None:
    with redis.client() as client:
        client.replicaof("127.0.0.1", free_port())
        try:
            result = redis_finding(redis.uri)
        finally:
            client.replicaof("NO", "ONE")
    assert not result.ok
    assert "it is a replica" in result.text
    assert "REDIS_URI must name the master" in result.text


@pytest.fixture(scope="module")
def cluster() -> Iterator[tuple[RedisServer, RedisServer]]:
    """A Redis Cluster of two nodes: the first serves every key, the second none."""
    with cluster_node() as (first, _), cluster_node() as (second, bus_port), first.client() as client:
        client.execute_command("CLUSTER", "ADDSLOTSRANGE", 0, 16_383)  # type: ignore[no-untyped-call]  # redis-py
        client.execute_command("CLUSTER", "MEET", "127.0.0.1", second.port, bus_port)  # type: ignore[no-untyped-call]  # redis-py
        wait_until(lambda: all("cluster_state:ok" in cluster_info(each) for each in (first, second)))
        yield first, second


@contextmanager
def cluster_node() -> Iterator[tuple[RedisServer, int]]:
    """A node without other nodes, and its port for the cluster bus."""
    bus_port = free_port()
    with redis_server(**{"cluster-enabled": "yes", "cluster-port": str(bus_port)}) as server:
        yield server, bus_port


def cluster_info(server: RedisServer) -> str:
    with server.client() as client:
        return str(client.execute_command("CLUSTER", "INFO"))  # type: ignore[no-untyped-call]  # redis-py


NO_CLUSTER = (
    "it is a Redis Cluster, which is not supported; let REDIS_URI name one server, or a master with replicas: "
    "messages move between keys"
)


def test_a_redis_cluster_is_named_at_each_of_its_nodes(cluster: tuple[RedisServer, RedisServer]) -> None:
    first, second = (redis_finding(each.uri) for each in cluster)
    database = redis_finding(cluster[0].uri.replace("/0", "/1"))
    assert [each.ok for each in (first, second, database)] == [False] * 3
    assert first.text.startswith(f"Redis refuses BLMOVE: {NO_CLUSTER} (")
    assert second.text.startswith(f"Redis refuses a write (LPUSH): {NO_CLUSTER} (")
    assert database.text.startswith(f"Redis refuses a write (LPUSH): {NO_CLUSTER} (SELECT is not allowed")
    with cluster[0].client() as client:
        assert client.keys() == []


def test_a_cluster_node_that_serves_no_keys_is_named() -> None:
    with cluster_node() as (node, _):
        assert redis_finding(node.uri).text == f"Redis refuses a write (LPUSH): {NO_CLUSTER} (Hash slot not served)"


def test_a_wrong_password_of_redis_is_a_finding_that_says_what_to_check(redis: RedisServer) -> None:
    result = redis_finding(redis.uri.replace("://", "://images:wr0ng@"))
    assert "it refuses the password; check the user and the password in REDIS_URI" in result.text
    assert "wr0ng" not in result.text


def test_outputs_that_the_public_cannot_read_are_a_finding_and_sources_a_warning(tmp_path: Path) -> None:
    (tmp_path / "another").mkdir()
    with public_files(tmp_path / "another") as public_url:
        settings = memory_settings(data_dir=tmp_path / "data", r2_public_url=public_url)
        outputs = finding("outputs", lambda: check_outputs(deployment(settings)))
        sources = finding("sources", lambda: check_sources(deployment(settings)))
    assert (outputs.ok, sources.ok, sources.is_warning) == (False, True, True)
    assert f"GET {public_url}/optimized/doctor-" in outputs.text
    assert "answered 404" in outputs.text
    assert "set SOURCE_URL=presigned" in sources.text
    assert [each for each in (tmp_path / "data").rglob("doctor-*") if each.is_file()] == []


def test_an_address_that_is_not_reached_from_here_is_a_warning(tmp_path: Path) -> None:
    address = f"http://127.0.0.1:{free_port()}"
    settings = memory_settings(data_dir=tmp_path / "data", r2_public_url=address)
    result = finding("outputs", lambda: check_outputs(deployment(settings)))
    assert (result.ok, result.is_warning) == (True, True)
    assert result.text.startswith(f"not tried: this machine does not reach {address}/optimized/doctor-")
    assert result.text.endswith("; the machines that read it must")


def test_an_api_of_another_deployment_is_a_finding(run: Run, api: MemoryApi, address: str, photo: Path) -> None:
    assert run("submit", str(photo)).exit_code == 0
    known = api.all_jobs()[-1]
    with mongo_server() as mongo:
        settings = memory_settings(api_url=address, mongodb_uri=mongo.uri("doctor"), api_tokens=CLIENT_TOKENS)
        with closing(Database(settings.mongodb_uri)) as database:
            repository = MongoImageJobRepository(database)
            repository.insert(known)
            own = finding("records", lambda: check_records(deployment(settings)))
        with closing(Database(settings.mongodb_uri)) as database:
            repository = MongoImageJobRepository(database)
            unknown = replace(known, id=repository.new_id())
            repository.insert(unknown)
        foreign = finding("records", lambda: check_records(deployment(settings)))
    assert (own.ok, own.is_warning, foreign.ok) == (True, False, False)
    assert f"does not know job {unknown.id} of MONGODB_URI: API_URL leads to another deployment" in foreign.text


def test_a_check_that_does_not_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examination, "CHECK_SECONDS", 0.05)
    ended = threading.Event()
    result = finding("storage", lambda: str(ended.wait(5)))
    ended.set()
    assert (result.ok, "no result within 0.05 s" in result.text) == (False, True)


@pytest.mark.usefixtures("nothing_reachable")
def test_a_proxy_that_is_not_there_is_a_finding_without_its_password(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    port = free_port()
    monkeypatch.setenv("R2_ENDPOINT", "https://s3.example")
    monkeypatch.setenv("R2_PROXY", f"http://me:secret@127.0.0.1:{port}")
    monkeypatch.setenv("API_PROXY", f"http://me:secret@127.0.0.1:{port}")
    result = run("doctor")
    expected = f"FAIL proxies    the proxy http://127.0.0.1:{port} to https://s3.example accepts no connection"
    assert expected in result.stdout
    assert f"through the proxy http://127.0.0.1:{port} did not answer" in result.stdout, "storage"
    assert "secret" not in result.output


def test_proxies_that_are_and_that_are_not_used_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with http_proxy() as proxy:
        for name, value in proxy.environment.items():
            monkeypatch.setenv(name, value)
        settings = memory_settings(api_url="http://user:pa55@api.example", api_proxy=proxy.url)
        found = check_proxies(deployment(settings))
    assert found == (
        f"http://api.example is reached through {proxy.url} (API_PROXY); "
        f"HTTP_PROXY={proxy.url}, HTTPS_PROXY={proxy.url}, ALL_PROXY={proxy.url} "
        "in the environment is not used; set API_PROXY or R2_PROXY to use a proxy"
    )
