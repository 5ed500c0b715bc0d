"""The promises of headers: Location, WWW-Authenticate, Retry-After, and Idempotency-Key."""

from collections.abc import Callable
from typing import Any

import pytest
from contract.requests import ASK_NO_SERVICE, FIELDS, OPERATIONS, REQUESTS
from imagejobs.contract.openapi import load_contract
from worlds.api_requests import image_bytes, image_file
from worlds.memory_api import memory_api

SCHEMES = load_contract().document["components"]["securitySchemes"]
PROTECTED = [operation.id for operation in OPERATIONS.values() if operation.security]
INTERRUPTED = [operation.id for operation in OPERATIONS.values() if 503 in operation.responses]
CREATING = [operation.id for operation in OPERATIONS.values() if 201 in operation.responses]


def upload(client: Any, key: str | None = None, data: bytes | None = None) -> Any:
    headers = {"Idempotency-Key": key} if key else {}
    return client.post("/api/image-jobs", data=FIELDS, files={"image": image_file(data=data)}, headers=headers)


@pytest.mark.parametrize("operation", CREATING)
def test_location_is_the_path_under_which_the_created_thing_is_found(operation: str) -> None:
    client = memory_api().client()
    requests: dict[str, Callable[[], Any]] = {
        "createImageJob": lambda: upload(client),
        "createEvent": lambda: client.post("/api/events", files=[("name", (None, "Test Event"))]),
    }
    created = requests[operation]()
    assert created.status_code == 201
    assert created.headers["location"].startswith(f"{OPERATIONS[operation].path}/")
    found = client.get(created.headers["location"])
    assert found.status_code == 200
    assert found.json() == created.json()


@pytest.mark.parametrize("operation", PROTECTED)
def test_the_challenge_of_401_names_a_scheme_that_the_operation_takes(operation: str) -> None:
    answer = REQUESTS[401](operation)
    taken = {scheme for alternative in OPERATIONS[operation].security for scheme in alternative}
    names = {SCHEMES[each].get("scheme", SCHEMES[each].get("name", "")).lower() for each in taken}
    scheme, _, parameters = answer.headers["www-authenticate"].partition(" ")
    assert scheme.lower() in names
    assert parameters == 'realm="image-jobs"'


@pytest.mark.parametrize("operation", INTERRUPTED)
def test_503_says_in_how_many_seconds_to_come_back_and_which_service_is_away(operation: str) -> None:
    answer = REQUESTS[503](operation)
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    away = "api" if operation in ASK_NO_SERVICE else "mongodb"
    assert [each["field"] for each in answer.json()["error"]["details"]] == [away]


def test_an_upload_sent_again_with_its_key_is_answered_with_the_same_job() -> None:
    api = memory_api()
    first, second = (upload(api.client(), "k1") for _ in range(2))
    assert (second.status_code, second.json()) == (201, first.json())
    assert second.headers["location"] == first.headers["location"]
    assert [job.id for job in api.all_jobs()] == [first.json()["data"]["_id"]]
    assert len(api.all_keys()) == len(api.queue.messages) == 1


@pytest.mark.parametrize("keys", [("k1", "k2"), (None, None)])
def test_other_keys_and_none_make_other_jobs(keys: tuple[str | None, str | None]) -> None:
    client = memory_api().client()
    first, second = (upload(client, key) for key in keys)
    assert first.json()["data"]["_id"] != second.json()["data"]["_id"]


def test_a_key_that_named_another_upload_is_refused_and_changes_nothing() -> None:
    api = memory_api()
    upload(api.client(), "k1")
    before = api.left_behind()
    assert upload(api.client(), "k1", image_bytes("gif")).status_code == 409
    assert api.left_behind() == before


@pytest.mark.parametrize("key", ["", " ", "a b", "é", "x" * 201])
def test_a_key_against_its_schema_is_refused(key: str) -> None:
    api = memory_api()
    headers = [(b"Idempotency-Key", key.encode())]
    answer = api.client().post("/api/image-jobs", data=FIELDS, files={"image": image_file()}, headers=headers)
    assert answer.status_code == 400
    assert answer.json()["error"]["details"][0]["field"] == "Idempotency-Key"
    api.assert_untouched()
