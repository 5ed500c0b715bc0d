"""Headers in which a client claims to come through a proxy (X-Forwarded-For and others) have no effect.

The API runs by its own command, because its HTTP server decides whether such headers are trusted.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest
from functional.api.api_process import ApiProcess, api_process
from imagejobs.embedded.services.mongodb import mongodb_uri
from imagejobs.embedded.services.ports import LOOPBACK
from servers.fixtures import mongodb_process  # noqa: F401 - a fixture, found by its name
from worlds.api_requests import UNKNOWN_ID, assert_error, created_job
from worlds.memory_api import CLIENT_TOKENS, WORKER_TOKENS

TOKENS = {"API_TOKENS": CLIENT_TOKENS[0], "WORKER_TOKENS": WORKER_TOKENS[0]}
AS_CLIENT = {"Authorization": f"Bearer {CLIENT_TOKENS[0]}"}
AS_WORKER = {"X-Worker-Token": WORKER_TOKENS[0]}
REQUESTS = [
    ("GET", "/healthz", {}),
    ("GET", "/docs", {}),
    ("GET", "/openapi.json", {}),
    ("GET", "/nowhere", {}),
    ("GET", "/api/image-jobs", {}),
    ("GET", "/api/image-jobs", AS_WORKER),
    ("GET", "/api/image-jobs", AS_CLIENT),
    ("GET", "/api/image-jobs?limit=0", AS_CLIENT),
    ("DELETE", f"/api/image-jobs/{UNKNOWN_ID}", {}),
    ("PATCH", f"/api/image-jobs/{UNKNOWN_ID}/status", AS_CLIENT),
]


def forged(address: str, host: str) -> Mapping[str, str]:
    """Headers that claim a request from this address, over https, to this host."""
    return {
        "X-Forwarded-For": address,
        "X-Real-IP": address,
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Scheme": "https",
        "X-Forwarded-Ssl": "on",
        "X-Forwarded-Host": host,
        "X-Forwarded-Port": "443",
        "X-Forwarded-Prefix": "/elsewhere",
        "Forwarded": f"for={address};host={host};proto=https",
    }


FORGED = [forged("203.0.113.7", "page.example"), forged(LOOPBACK, "localhost")]


@contextmanager
def debugged(mongodb_port: int, directory: Path, **settings: str) -> Iterator[ApiProcess]:
    """A running API that logs everything, with its own database."""
    database = mongodb_uri(mongodb_port, directory.name)
    with api_process(directory, MONGODB_URI=database, LOG_LEVEL="DEBUG", **settings) as running:
        yield running


@pytest.fixture(scope="module")
def protected(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiProcess]:
    """An API that requires tokens, with one job."""
    port = request.getfixturevalue("mongodb_process")
    with debugged(port, tmp_path_factory.mktemp("protected"), **TOKENS) as api:
        with httpx2.Client(base_url=api.http.base_url, headers={**AS_CLIENT, **FORGED[0]}) as client:
            created_job(client)
        yield api


@pytest.fixture(scope="module")
def without_tokens(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiProcess]:
    """An API without tokens. It accepts only requests to its own host names."""
    port = request.getfixturevalue("mongodb_process")
    with debugged(port, tmp_path_factory.mktemp("open")) as api:
        yield api


def answer(api: ApiProcess, method: str, path: str, headers: Mapping[str, str]) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of a response, without the header Date."""
    told = api.http.request(method, path, headers=headers)
    return told.status_code, {name: value for name, value in told.headers.items() if name != "date"}, told.content


@pytest.mark.parametrize("headers", FORGED, ids=["foreign", "own"])
@pytest.mark.parametrize(("method", "path", "token"), REQUESTS)
def test_forged_headers_change_no_answer(
    protected: ApiProcess, headers: Mapping[str, str], method: str, path: str, token: Mapping[str, str]
) -> None:
    assert answer(protected, method, path, {**token, **headers}) == answer(protected, method, path, token)


@pytest.mark.parametrize("path", ["/docs/assets", "/api/image-jobs/"])
def test_forged_headers_lead_nowhere_else(protected: ApiProcess, path: str) -> None:
    """A framework's redirection of these two paths would contain a forged address."""
    plain = answer(protected, "GET", path, AS_CLIENT)
    assert plain[0] == 404
    assert answer(protected, "GET", path, {**AS_CLIENT, **FORGED[0]}) == plain


def test_the_address_of_an_upload_with_forged_headers_is_not_forged(protected: ApiProcess) -> None:
    (job,) = protected.http.get("/api/image-jobs", headers=AS_CLIENT).json()["data"]
    own = protected.address
    assert job["sourceImageURL"] == f"{own}/media/{job['sourceImageKey']}"


def test_nothing_forged_is_logged(protected: ApiProcess) -> None:
    protected.http.get("/api/image-jobs", headers=FORGED[0])
    said = protected.log.read_text()
    assert "image-jobs API on" in said
    assert not [word for word in ("203.0.113.7", "page.example") if word in said]


def test_the_own_origin_is_told_by_host_and_origin_alone(without_tokens: ApiProcess) -> None:
    ask, own = without_tokens.http.get, forged(LOOPBACK, "localhost")
    assert ask("/api/image-jobs", headers=FORGED[0]).status_code == 200
    foreign_host = ask("/api/image-jobs", headers={**own, "Host": "page.example"})
    assert_error(foreign_host, 403, "foreign_origin")
    foreign_page = ask("/api/image-jobs", headers={**FORGED[0], "Origin": "https://page.example"})
    assert_error(foreign_page, 403, "foreign_origin")
