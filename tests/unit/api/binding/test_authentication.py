import hmac
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from worlds.api_requests import UNKNOWN_ID, assert_error
from worlds.memory_api import CLIENT_TOKENS, WORKER_TOKENS, MemoryApi, memory_api, with_tokens

CLIENT_ONLY = [
    ("GET", "/api/image-jobs"),
    ("POST", "/api/image-jobs"),
    ("GET", "/api/image-jobs/stats"),
    ("DELETE", f"/api/image-jobs/{UNKNOWN_ID}"),
    ("POST", f"/api/image-jobs/{UNKNOWN_ID}/retry"),
    ("POST", "/api/events"),
    ("PUT", f"/api/events/{UNKNOWN_ID}"),
]
WORKER_ONLY = [("PATCH", f"/api/image-jobs/{UNKNOWN_ID}/status")]
BOTH = [("GET", f"/api/image-jobs/{UNKNOWN_ID}")]
OPEN = [("GET", path) for path in ("/api/events", "/healthz", "/readyz", "/metrics", "/openapi.json", "/docs")]


@cache
def api() -> MemoryApi:
    """An API for requests that change nothing, which the tests share."""
    return with_tokens()


def ask(request: tuple[str, str], **headers: str) -> Any:
    return api().client(**headers).request(*request)


@pytest.mark.parametrize("request_", [*CLIENT_ONLY, *BOTH])
@pytest.mark.parametrize("token", CLIENT_TOKENS)
def test_each_of_two_client_tokens_opens_the_clients_operations(request_: tuple[str, str], token: str) -> None:
    assert ask(request_, Authorization=f"Bearer {token}").status_code not in {401, 403}
    assert ask(request_, Authorization=f"bearer  {token}").status_code not in {401, 403}


@pytest.mark.parametrize("request_", [*WORKER_ONLY, *BOTH])
@pytest.mark.parametrize("token", WORKER_TOKENS)
def test_each_of_two_worker_tokens_opens_the_workers_operations(request_: tuple[str, str], token: str) -> None:
    assert ask(request_, **{"X-Worker-Token": token}).status_code not in {401, 403}


@pytest.mark.parametrize("request_", [*CLIENT_ONLY, *WORKER_ONLY, *BOTH])
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer "},
        {"Authorization": CLIENT_TOKENS[0]},
        {"Authorization": f"Basic {CLIENT_TOKENS[0]}"},
        {"Authorization": f"Bearer {CLIENT_TOKENS[0]}x", "X-Worker-Token": WORKER_TOKENS[0][:-1]},
        {"Authorization": f"Bearer {','.join(CLIENT_TOKENS)}"},
        {"X-Worker-Token": ""},
        {"X-Worker-Token": "ä"},
    ],
)
def test_without_a_known_token_it_is_401_with_a_challenge(request_: tuple[str, str], headers: dict[str, str]) -> None:
    answer = api().client().request(*request_, headers={n.encode(): v.encode("latin-1") for n, v in headers.items()})
    message = assert_error(answer, 401, "unauthorized")
    assert ("X-Worker-Token" if request_ in WORKER_ONLY else "Authorization: Bearer") in message
    assert answer.headers["www-authenticate"].endswith('realm="image-jobs"')


@pytest.mark.parametrize(("method", "path"), CLIENT_ONLY)
def test_a_workers_token_is_403_for_a_client(method: str, path: str) -> None:
    answer = ask((method, path), **{"X-Worker-Token": WORKER_TOKENS[1]})
    assert "send Authorization: Bearer with one of API_TOKENS" in assert_error(answer, 403, "wrong_token")


@pytest.mark.parametrize(("method", "path"), WORKER_ONLY)
def test_a_clients_token_is_403_for_a_worker(method: str, path: str) -> None:
    answer = ask((method, path), Authorization=f"Bearer {CLIENT_TOKENS[1]}")
    assert "send X-Worker-Token with one of WORKER_TOKENS" in assert_error(answer, 403, "wrong_token")


@pytest.mark.parametrize(
    "headers", [{"Authorization": f"Bearer {WORKER_TOKENS[0]}"}, {"X-Worker-Token": CLIENT_TOKENS[0]}]
)
def test_a_token_in_the_header_of_the_other_kind_is_not_known(headers: dict[str, str]) -> None:
    assert_error(ask(BOTH[0], **headers), 401, "unauthorized")


@pytest.mark.parametrize("request_", OPEN)
def test_what_the_contract_leaves_open_asks_for_no_token(request_: tuple[str, str]) -> None:
    assert ask(request_).status_code == 200


def test_the_token_is_asked_for_before_the_body_is_read() -> None:
    answer = with_tokens().client().post("/api/image-jobs", content=b"x" * 10, headers={"Content-Type": "text/plain"})
    assert_error(answer, 401, "unauthorized")


def test_a_kind_without_tokens_is_open_and_the_other_is_not() -> None:
    client = memory_api(api_tokens=CLIENT_TOKENS).client()
    assert client.get("/api/image-jobs").status_code == 401
    assert client.patch(f"/api/image-jobs/{UNKNOWN_ID}/status", json={"status": "PROCESSING"}).status_code == 404


@pytest.mark.parametrize("token", [CLIENT_TOKENS[0], CLIENT_TOKENS[1], "unknown"])
def test_a_token_is_compared_with_every_known_one_in_constant_time(token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    compared = []
    genuine: Callable[[bytes, bytes], bool] = hmac.compare_digest

    def watched(given: bytes, known: bytes) -> bool:
        compared.append((given, known))
        return genuine(given, known)

    monkeypatch.setattr(hmac, "compare_digest", watched)
    with_tokens().client(Authorization=f"Bearer {token}").get("/api/image-jobs")
    assert compared[: len(CLIENT_TOKENS)] == [(token.encode(), known.encode()) for known in CLIENT_TOKENS]
