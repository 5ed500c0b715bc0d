import itertools
import json

import pytest
from imagejobs import __version__
from imagejobs.contract.openapi import load_contract
from worlds.api_requests import assert_error
from worlds.memory_api import MemoryApi, memory_api


@pytest.fixture
def api() -> MemoryApi:
    return memory_api()


def test_health_says_the_version_and_asks_nobody(api: MemoryApi) -> None:
    api.cut("mongodb", "redis", "storage")
    answer = api.client().get("/healthz")
    assert answer.json() == {"success": True, "data": {"status": "ok", "version": __version__}}


def test_ready_when_every_service_answers(api: MemoryApi) -> None:
    assert api.client().get("/readyz").json()["data"] == {"mongodb": "ok", "redis": "ok", "storage": "ok"}


@pytest.mark.parametrize(
    "away", [list(some) for n in (1, 2, 3) for some in itertools.combinations(("mongodb", "redis", "storage"), n)]
)
def test_not_ready_names_every_unavailable_service(away: list[str]) -> None:
    api = memory_api(accept_without_queue=False)
    api.cut(*away)
    answer = api.client().get("/readyz")
    assert ", ".join(away) in assert_error(answer, 503, "not_ready")
    assert [each["field"] for each in answer.json()["error"]["details"]] == away
    assert int(answer.headers["retry-after"]) > 0
    api.mend()
    assert api.client().get("/readyz").status_code == 200


def test_without_redis_it_goes_on_and_says_so(api: MemoryApi) -> None:
    api.cut("redis")
    answer = api.client().get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["data"] == {"mongodb": "ok", "redis": "away", "storage": "ok"}
    api.cut("redis", "storage")
    answer = api.client().get("/readyz")
    assert "redis, storage" in assert_error(answer, 503, "not_ready")


def test_the_contract_is_served_as_it_is_written(api: MemoryApi) -> None:
    answer = api.client().get("/openapi.json")
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == json.loads(json.dumps(load_contract().document))
