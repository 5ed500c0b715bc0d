"""The recorder itself: what it reports, what it ignores, and that its reports fail a run."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from contract.observed_answers import Observations, Recorder, meant
from imagejobs import __version__
from imagejobs.contract.openapi import load_contract
from starlette.responses import JSONResponse, Response
from starlette.testclient import TestClient
from worlds.memory_api import memory_api

TESTS = Path(__file__).parent.parent
HEALTHY = {"success": True, "data": {"status": "ok", "version": __version__}}
REFUSED = {"success": False, "message": "No.", "error": {"code": "no"}}
JOB_PATH = "/api/image-jobs/655501d2f12a3d0f3c5a1002"
JOB = load_contract().document["components"]["examples"]["PendingJob"]["value"]


def observed(method: str, path: str, response: Response) -> Observations:
    """The observations after one response."""
    observations = Observations(load_contract())
    observations.asker = "test_this"
    answer = TestClient(Recorder(response, observations)).request(method, path, follow_redirects=False)
    assert answer.status_code == response.status_code
    return observations


def answer(body: Any, status: int = 200, **headers: str) -> Response:
    return JSONResponse(body, status, {name.replace("_", "-"): value for name, value in headers.items()})


KEEPS: list[tuple[str, str, Response]] = [
    ("GET", "/healthz", answer(HEALTHY)),
    ("HEAD", "/healthz", answer(HEALTHY)),
    ("GET", JOB_PATH, answer(JOB)),
    ("GET", "/metrics", Response("a 1", media_type="text/plain")),
    ("POST", "/healthz", answer(REFUSED, 405)),
    ("POST", "/healthz", answer(REFUSED, 403)),
    ("GET", "/nowhere", answer(REFUSED, 404)),
    ("GET", "/nowhere", answer(REFUSED, 403)),
    ("GET", "/healthz/", Response(status_code=307)),
    ("GET", "/docs/assets/swagger-ui.css", Response("", media_type="text/css")),
    ("GET", "/media/raw/x.png", answer(REFUSED, 416)),
    ("GET", "/readyz", answer(REFUSED, 503, Retry_After="5")),
    ("POST", "/api/events", answer(REFUSED | {"error": {"code": "interrupted"}}, 500)),
]


@pytest.mark.parametrize(("method", "path", "response"), KEEPS)
def test_an_answer_that_keeps_the_contract_is_no_problem(method: str, path: str, response: Response) -> None:
    assert observed(method, path, response).problems == []


BREAKS: list[tuple[str, str, Response, str]] = [
    ("GET", "/healthz", answer(REFUSED, 418), "getHealth documents 418 as `default` only"),
    ("GET", "/healthz", answer(REFUSED, 500), "getHealth documents 500 as `default` only"),
    ("GET", "/healthz", answer({}, 204), "getHealth does not document 204"),
    ("POST", "/api/events", answer(REFUSED, 500), "createEvent 500: only `interrupted` is documented"),
    ("HEAD", "/healthz", answer(REFUSED, 500), "getHealth documents 500 as `default` only"),
    ("GET", "/api/image-jobs/stats", answer(REFUSED, 404), "getImageJobStats documents 404 as `default` only"),
    (
        "GET",
        "/healthz",
        answer({"success": True, "data": {"status": "OK", "version": "1"}}),
        "getHealth 200: data.status:",
    ),
    (
        "GET",
        "/healthz",
        answer({"success": True, "data": {"status": "ok"}}),
        "getHealth 200: data.version: is required",
    ),
    ("GET", "/healthz", answer(HEALTHY | {"more": 1}), "getHealth 200: : Additional properties"),
    (
        "GET",
        JOB_PATH,
        answer({"success": True, "data": JOB["data"] | {"filesize": 1}}),
        "getImageJob 200: data: Additional",
    ),
    ("GET", JOB_PATH, answer({"success": True, "data": JOB["data"] | {"status": "Pending"}}), "200: data.status:"),
    ("GET", "/healthz", Response("ok", media_type="text/plain"), "getHealth 200: content-type:"),
    ("GET", "/healthz", Response("{", media_type="application/json"), "getHealth 200: not JSON"),
    ("GET", "/readyz", answer(REFUSED, 503), "getReadiness 503: retry-after: the header is missing"),
    ("GET", "/readyz", answer(REFUSED, 503, Retry_After="0"), "getReadiness 503: retry-after:"),
    ("GET", "/readyz", answer(REFUSED, 503, Retry_After="soon"), "getReadiness 503: retry-after:"),
    ("POST", "/api/events", answer(REFUSED, 401), "createEvent 401: www-authenticate: the header is missing"),
    ("POST", "/api/events", answer(REFUSED, 401, WWW_Authenticate="Bearer"), "createEvent 401: www-authenticate:"),
    ("POST", "/healthz", answer(HEALTHY), "a method that the contract does not have answers 200"),
    ("GET", "/nowhere", answer(HEALTHY), "a path that the contract does not have answers 200"),
    ("GET", "/nowhere", answer(REFUSED, 500), "a path that the contract does not have answers 500"),
]


@pytest.mark.parametrize(("method", "path", "response", "told"), BREAKS)
def test_an_answer_against_the_contract_is_told_with_who_asked(
    method: str, path: str, response: Response, told: str
) -> None:
    problem = "".join(observed(method, path, response).problems)
    assert told in problem
    assert f"{method} {path} answered {response.status_code}" in problem
    assert "in test_this" in problem


def test_a_fault_that_is_meant_is_the_default_answer_and_must_have_its_form() -> None:
    observations = Observations(load_contract())
    observations.asker = "test_this"
    TestClient(meant(Recorder(answer(REFUSED, 500), observations))).get("/healthz")
    assert observations.problems == []
    assert observations.answers == {("getHealth", "default"): 1}
    TestClient(meant(Recorder(answer({"message": "No."}, 500), observations))).get("/healthz")
    assert "getHealth 500: success: is required" in "".join(observations.problems)


def test_a_fresh_recorder_misses_everything() -> None:
    observations = Observations(load_contract())
    gaps = observations.gaps()
    assert {"getHealth 200", "createImageJob 422", "ImageJob.fileSize", "EventPage.cursor", "getHealth default"} <= set(
        gaps
    )
    assert f"0 of {len(observations.documented)} documented answers" in observations.summary()


def test_what_was_observed_is_no_gap_any_more() -> None:
    gaps = set(Observations(load_contract()).gaps()) - set(observed("GET", JOB_PATH, answer(JOB)).gaps())
    assert gaps == {"getImageJob 200", "ImageJobAnswer.success", "ImageJobAnswer.data"} | {
        f"ImageJob.{name}" for name in JOB["data"]
    }


@pytest.mark.parametrize(("method", "path"), [("HEAD", "/healthz"), ("POST", "/healthz"), ("GET", "/docs/assets/x")])
def test_what_is_no_operations_answer_fills_no_gap(method: str, path: str) -> None:
    assert "getHealth 200" in observed(method, path, answer(HEALTHY)).gaps()


def test_nothing_is_written_down_for_other_tests() -> None:
    observations = Observations(load_contract())
    assert TestClient(Recorder(answer(REFUSED, 500), observations)).get("/healthz").status_code == 500
    assert observations.problems == []
    assert not observations.answers


def test_every_application_of_these_tests_is_recorded() -> None:
    assert isinstance(memory_api().app, Recorder)


CONFTEST = """
from pathlib import Path
import pytest
from imagejobs.contract.openapi import Contract
from contract.observation_plugin import ObservationPlugin
from contract.observed_answers import Observations, Recorder
from starlette.responses import JSONResponse
from starlette.testclient import TestClient

ANSWER = {"description": "x", "content": {"application/json": {"schema": {"type": "object"}}}}
OPERATION = {"operationId": "getX", "responses": {"200": ANSWER, "404": ANSWER}}
OBSERVATIONS = Observations(Contract({"paths": {"/x": {"get": OPERATION}}, "components": {}}))


def pytest_configure(config):
    config.pluginmanager.register(ObservationPlugin(OBSERVATIONS, Path(__file__).parent))


@pytest.fixture
def ask():
    return lambda status: TestClient(Recorder(JSONResponse({}, status), OBSERVATIONS)).get("/x")
"""
ASKS_200 = "def test_success(ask):\n    ask(200)\n"
ASKS_404 = "def test_absence(ask):\n    ask(404)\n"
ASKS_500 = "def test_fault(ask):\n    ask(500)\n"


def run(folder: Path, files: Mapping[str, str], *arguments: str) -> tuple[int, str]:
    """Run pytest, with the plugin, on a folder with these tests; its exit status and output."""
    (folder / "conftest.py").write_text(CONFTEST)
    for name, text in files.items():
        (folder / name).write_text(text)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", os.devnull, "--rootdir=.", *arguments],
        cwd=folder,
        env=os.environ
        | {"PYTHONPATH": str(TESTS), "PYTHONDONTWRITEBYTECODE": "1", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    return done.returncode, done.stdout


SEVERAL_PROCESSES = ["-p", "xdist", "--numprocesses", "2", "--dist", "loadfile"]


@pytest.mark.parametrize("processes", [[], SEVERAL_PROCESSES])
def test_a_run_that_observes_everything_passes(tmp_path: Path, processes: list[str]) -> None:
    status, told = run(tmp_path, {"test_a.py": ASKS_200, "test_b.py": ASKS_404}, ".", *processes)
    assert status == 0, told
    assert "contract: 2 of 2 documented answers and 0 of 0 fields observed, in 2 answers\n" in told


@pytest.mark.parametrize("processes", [[], SEVERAL_PROCESSES])
def test_a_gap_fails_a_whole_run_in_which_every_test_passed(tmp_path: Path, processes: list[str]) -> None:
    status, told = run(tmp_path, {"test_a.py": ASKS_200, "test_b.py": ASKS_200}, ".", *processes)
    assert "2 passed" in told
    assert "gap: getX 404 was not observed" in told
    assert status == 1


PARTS = [
    ["test_a.py"],
    ["-k", "success"],
    ["test_a.py::test_success", "test_b.py"],
    [".", "-k", "success", *SEVERAL_PROCESSES],
]


@pytest.mark.parametrize("arguments", PARTS)
def test_a_gap_does_not_count_when_only_a_part_ran(tmp_path: Path, arguments: list[str]) -> None:
    status, told = run(tmp_path, {"test_a.py": ASKS_200, "test_b.py": "def test_nothing():\n    pass\n"}, *arguments)
    assert status == 0, told
    assert "only a part ran" in told
    assert "gap:" not in told


def test_an_undocumented_status_fails_the_test_that_provoked_it(tmp_path: Path) -> None:
    status, told = run(tmp_path, {"test_a.py": ASKS_200 + ASKS_500 + ASKS_404}, "test_a.py::test_fault")
    assert status == 1
    assert "FAILED test_a.py::test_fault" in told
    assert "against the contract: getX 500: status: getX does not document 500" in told


def test_a_gap_does_not_count_when_a_process_died(tmp_path: Path) -> None:
    dies = "import os\n\ndef test_death():\n    os._exit(1)\n"
    files = {"test_a.py": ASKS_200, "test_b.py": dies}
    status, told = run(tmp_path, files, ".", *SEVERAL_PROCESSES, "--max-worker-restart=0")
    assert status == 1
    assert "only a part ran" in told
    assert "gap:" not in told


def test_what_a_process_saw_against_the_contract_is_told_by_the_one_that_started_it(tmp_path: Path) -> None:
    status, told = run(tmp_path, {"test_a.py": ASKS_200 + ASKS_500, "test_b.py": ASKS_404}, ".", *SEVERAL_PROCESSES)
    assert status == 1
    assert "FAILED test_a.py::test_fault" in told
    assert told.count("against the contract: getX 500: status: getX does not document 500") == 1
