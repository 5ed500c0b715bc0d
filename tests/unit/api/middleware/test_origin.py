import pytest
from worlds.api_requests import UNKNOWN_ID, assert_error, created_job
from worlds.memory_api import CLIENT_TOKENS, memory_api, with_tokens

OWN = [
    {"Host": "127.0.0.1"},
    {"Host": "127.0.0.1:3000"},
    {"Host": "localhost:3000"},
    {"Host": "LOCALHOST:3000"},
    {"Host": "[::1]:3000"},
    {"Host": "127.0.0.2:3000"},
    {"Host": "localhost:3000", "Origin": "http://localhost:3000"},
]
FOREIGN = [
    {"Host": "rebound.example"},
    {"Host": "127.0.0.1.example"},
    {"Host": "localhost.example:3000"},
    {"Host": ""},
    {"Host": "[::1"},
    {"Host": "user@127.0.0.1.example"},
    {"Host": "localhost:3000", "Origin": "http://page.example"},
    {"Host": "localhost:3000", "Origin": "http://localhost:4000"},
    {"Host": "localhost:3000", "Origin": "null"},
    {"Host": "localhost:3000", "Origin": ""},
    {"Host": "localhost:3000", "Origin": "http://["},
    {"Host": "192.168.1.5:3000"},
    {"Host": "api:3000"},
]


@pytest.mark.parametrize("headers", OWN)
def test_an_open_server_answers_to_its_own_names(headers: dict[str, str]) -> None:
    assert memory_api().client().get("/api/image-jobs", headers=headers).status_code == 200


@pytest.mark.parametrize("headers", FOREIGN)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/image-jobs"),
        ("DELETE", "/api/image-jobs/{}"),
        ("GET", "/docs"),
        ("GET", "/docs/assets/x"),
        ("GET", "/x"),
    ],
)
def test_an_open_server_refuses_every_path_to_foreign_pages(headers: dict[str, str], method: str, path: str) -> None:
    api = memory_api()
    job_id = created_job(api.client())["_id"]
    answer = api.client().request(method, path.format(job_id), headers=headers)
    assert_error(answer, 403, "foreign_origin")
    assert [job.id for job in api.all_jobs()] == [job_id]


def test_the_refusal_says_what_to_do() -> None:
    answer = memory_api().client().get("/healthz", headers={"Origin": "http://page.example"})
    assert "Set API_TOKENS and WORKER_TOKENS" in assert_error(answer, 403, "foreign_origin")


@pytest.mark.parametrize("headers", FOREIGN)
def test_a_server_with_tokens_answers_under_any_name(headers: dict[str, str]) -> None:
    client = with_tokens().client(Authorization=f"Bearer {CLIENT_TOKENS[0]}")
    assert client.get(f"/api/image-jobs/{UNKNOWN_ID}", headers=headers).status_code == 404


@pytest.mark.parametrize("host", ["192.168.1.5:3000", "[fd00::5]:3000", "api:3000", "images.internal", "localhost"])
def test_an_open_server_on_a_network_answers_to_its_addresses_and_to_names_that_no_page_can_have(host: str) -> None:
    api = memory_api(api_host="::", api_url="http://images.internal:3000", allow_unauthenticated=True)
    assert api.client().get("/healthz", headers={"Host": host}).status_code == 200
    assert api.client().get("/healthz", headers={"Host": host, "Origin": "http://page.example"}).status_code == 403


@pytest.mark.parametrize("host", ["rebound.example", "1.2.3.4.example", "", ":3000", "[::1"])
def test_an_open_server_on_a_network_answers_to_no_name_that_may_be_a_pages(host: str) -> None:
    api = memory_api(api_host="::", allow_unauthenticated=True)
    told = assert_error(api.client().get("/healthz", headers={"Host": host}), 403, "foreign_origin")
    assert "API_URL" in told


def test_an_open_server_answers_to_the_host_it_was_told_to_listen_on() -> None:
    api = memory_api(api_host="images.internal", allow_unauthenticated=True)
    assert api.client().get("/healthz", headers={"Host": "images.internal:3000"}).status_code == 200
    assert api.client().get("/healthz", headers={"Host": "other.internal:3000"}).status_code == 403
