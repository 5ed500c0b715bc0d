"""compose.yaml as a user runs it: real containers of the product's image, reached through the published ports.

tests/servers/containers.py names the images of the backing services and the Dockerfile's base image.
"""

import json
import secrets
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
from imagejobs.embedded.services.ports import free_port
from running_system import eventually
from servers.containers import docker_environment, images

ROOT = Path(__file__).parent.parent
PHOTO = ROOT / "samples" / "photo-orientation-6.jpg"
IMAGE = "image-jobs-test"
BUILD_SECONDS, UP_SECONDS, DOWN_SECONDS, COMMAND_SECONDS = 900.0, 300.0, 120.0, 60.0
TOKEN = "client-" + secrets.token_hex(8)
RUN = ("docker", "run", "--rm", "--network", "none")
OURS = ("api", "queue-adapter", "worker", "reconciler")
THEIRS = ("redis", "mongo", "minio")
NUMBERS = {
    "MAX_IMAGES": "2",
    "MAX_PIXELS": "60000000",
    "RENDITIONS": "64",
    "RECONCILE_INTERVAL": "2.5",
    "METRICS_PORT": "9400",
}
"""The settings in the user's .env file."""


def run(*command: str, seconds: float = COMMAND_SECONDS, env: Mapping[str, str] | None = None) -> str:
    """Run the command and return its standard output. The test fails if the command fails."""
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=seconds, check=False)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stdout}{done.stderr}"
    return done.stdout


def succeeds(*command: str) -> bool:
    with suppress(OSError, subprocess.TimeoutExpired):
        return subprocess.run(command, capture_output=True, timeout=COMMAND_SECONDS, check=False).returncode == 0
    return False


@dataclass(frozen=True, slots=True)
class Deployment:
    """A running project of compose.yaml."""

    compose: tuple[str, ...]
    env: Mapping[str, str]
    http: httpx2.Client

    def __call__(self, *arguments: str, seconds: float = COMMAND_SECONDS) -> str:
        return run(*self.compose, *arguments, seconds=seconds, env=self.env)

    def start(self) -> None:
        """Start the project with two workers. On failure the message contains the containers' logs."""
        try:
            self("up", "--detach", "--scale", "worker=2", seconds=UP_SECONDS)
        except AssertionError as error:
            logs = self("logs", "--no-color", "--tail", "20")
            raise AssertionError(f"{error}\n{logs}") from None

    def containers(self, service: str) -> list[str]:
        return self("ps", "-q", service).split()

    def create_job(self) -> str:
        fields = {"entityType": "other", "entityId": "compose"}
        with PHOTO.open("rb") as photo:
            answer = self.http.post("/api/image-jobs", data=fields, files={"image": photo})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["data"]["_id"])

    def ended(self, job_id: str, seconds: float = 60) -> dict[str, Any]:
        def job_that_ended() -> dict[str, Any] | None:
            job: dict[str, Any] = self.http.get(f"/api/image-jobs/{job_id}").json()["data"]
            return job if job["status"] in {"COMPLETED", "FAILED"} else None

        return eventually(job_that_ended, seconds)


def compose_command() -> tuple[str, ...]:
    if succeeds("docker", "compose", "version"):
        return ("docker", "compose")
    if shutil.which("docker-compose"):
        return ("docker-compose",)
    pytest.skip("Docker has no compose command here: install docker-compose, or Docker's compose plugin")


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    names = images().environment()
    command = compose_command()
    base = ("--build-arg", f"BASE_IMAGE={names['BASE_IMAGE']}")
    run("docker", "build", "--network", "host", *base, "-t", IMAGE, ".", seconds=BUILD_SECONDS)

    ports = {"API_PORT": str(free_port()), "MINIO_PORT": str(free_port())}
    tokens = {"API_TOKENS": TOKEN, "WORKER_TOKENS": secrets.token_hex(8)}
    env = {**docker_environment(), **names, **ports, **tokens, "IMAGEJOBS_IMAGE": IMAGE}
    project = f"image-jobs-test-{secrets.token_hex(4)}"
    env_file = tmp_path_factory.mktemp("compose") / "numbers.env"
    env_file.write_text("".join(f"{name}={value}\n" for name, value in NUMBERS.items()))
    compose = (*command, "--env-file", str(env_file), "-f", str(ROOT / "compose.yaml"), "-p", project)
    address = f"http://127.0.0.1:{ports['API_PORT']}"
    try:
        with httpx2.Client(base_url=address, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=20) as http:
            deployment = Deployment(compose, env, http)
            deployment.start()
            yield deployment
    finally:
        run(*compose, "down", "--volumes", "--timeout", "5", seconds=DOWN_SECONDS, env=env)


def test_an_upload_through_the_published_port_ends_as_a_public_webp(deployment: Deployment) -> None:
    job = deployment.ended(deployment.create_job())

    assert job["status"] == "COMPLETED"
    answer = httpx2.get(job["outputImageURL"], timeout=20)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/webp"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert (answer.content[:4], answer.content[8:12]) == (b"RIFF", b"WEBP")


def test_the_original_is_private_and_the_bucket_is_not_listed(deployment: Deployment) -> None:
    job = deployment.ended(deployment.create_job())
    bucket = job["outputImageURL"].removesuffix(job["outputImageKey"])

    assert httpx2.get(bucket + job["sourceImageKey"], timeout=20).status_code == 403
    assert httpx2.get(bucket, timeout=20).status_code == 403
    assert httpx2.get(f"{bucket}?list-type=2&prefix=optimized/", timeout=20).status_code == 403
    assert httpx2.put(f"{bucket}optimized/mine.webp", content=b"x", timeout=20).status_code == 403


def test_the_api_wants_its_token(deployment: Deployment) -> None:
    stranger = httpx2.get(f"{deployment.http.base_url}/api/image-jobs", timeout=20)

    assert stranger.status_code == 401


def test_every_container_becomes_healthy(deployment: Deployment) -> None:
    for service in (*OURS, "redis", "mongo"):
        containers = deployment.containers(service)
        assert containers
        for each in containers:
            inspect = ("docker", "inspect", "-f", "{{.State.Health.Status}}", each)
            eventually(lambda command=inspect: run(*command).strip() == "healthy", 60)


def test_only_this_machine_reaches_the_published_ports(deployment: Deployment) -> None:
    containers = [each for service in ("api", "minio") for each in deployment.containers(service)]
    bindings = json.loads(run("docker", "inspect", "-f", "{{json .NetworkSettings.Ports}}", containers[0]))
    bindings |= json.loads(run("docker", "inspect", "-f", "{{json .NetworkSettings.Ports}}", containers[1]))

    assert {each["HostIp"] for published in bindings.values() if published for each in published} == {"127.0.0.1"}


@pytest.mark.parametrize("service", ["api", "worker", "reconciler"])
def test_the_numbers_of_the_env_file_arrive(deployment: Deployment, service: str) -> None:
    variables = json.loads(run("docker", "inspect", "-f", "{{json .Config.Env}}", deployment.containers(service)[0]))

    assert [f"{name}={value}" for name, value in NUMBERS.items() if f"{name}={value}" not in variables] == []


def test_the_numbers_of_the_env_file_decide(deployment: Deployment) -> None:
    renditions = deployment.ended(deployment.create_job())["renditions"]
    assert min(max(each["width"], each["height"]) for each in renditions) == 64
    with PHOTO.open("rb") as photo:
        files = [("images", ("photo.jpg", photo.read(), "image/jpeg"))] * 3
    fields = {"name": "e", "community": "c", "date": "2024-01-01", "tutor[type]": "Internal", "tutor[name]": "t"}
    assert deployment.http.post("/api/events", data=fields, files=files).status_code == 400


def test_the_reconciler_shows_its_metrics_to_its_own_network(deployment: Deployment) -> None:
    program = "import urllib.request as url; print(url.urlopen('http://reconciler:9400/metrics').read().decode())"

    assert "imagejobs_repair_last_pass_timestamp_seconds" in deployment("exec", "-T", "api", "python", "-c", program)


@pytest.mark.parametrize("service", [*OURS, *THEIRS])
def test_what_a_container_may_take_is_bounded(deployment: Deployment, service: str) -> None:
    host = json.loads(run("docker", "inspect", "-f", "{{json .HostConfig}}", deployment.containers(service)[0]))

    assert host["Memory"]
    assert host["PidsLimit"] == 1000
    assert host["LogConfig"] == {"Type": "json-file", "Config": {"max-size": "10m", "max-file": "3"}}
    assert "no-new-privileges:true" in host["SecurityOpt"]
    assert (host["ReadonlyRootfs"], host["CapDrop"]) == ((True, ["ALL"]) if service in OURS else (False, None))


@pytest.mark.parametrize("service", OURS)
def test_a_process_writes_to_its_tmp_and_nowhere_else(deployment: Deployment, service: str) -> None:
    script = (
        "touch /tmp/here && rm /tmp/here && stat -f -c %T /tmp && ! touch /var/lib/image-jobs/there /opt/there 2>&1"
    )
    kind = deployment("exec", "-T", service, "sh", "-c", script).split()[0]

    assert (kind == "tmpfs") == (service in {"queue-adapter", "reconciler"}), "uploads go to disk, not memory"


def test_an_uploaded_image_survives_the_death_of_a_worker(deployment: Deployment) -> None:
    jobs = [deployment.create_job() for _ in range(8)]
    run("docker", "kill", deployment.containers("worker")[0])

    assert [deployment.ended(job, 150)["status"] for job in jobs] == ["COMPLETED"] * len(jobs)


@pytest.mark.parametrize("service", ["queue-adapter", "reconciler", "api", "worker"])
def test_a_process_ends_by_itself_when_it_is_asked_to(deployment: Deployment, service: str) -> None:
    running = [each for each in deployment.containers(service) if _state(each, "Running") == "true"]
    started = time.monotonic()
    run("docker", "stop", "--time", "20", running[0])

    assert time.monotonic() - started < 10
    assert _state(running[0], "ExitCode") == "0"
    run("docker", "start", running[0])


def _state(container: str, field: str) -> str:
    return run("docker", "inspect", "-f", f"{{{{.State.{field}}}}}", container).strip()


@pytest.mark.usefixtures("deployment")
def test_the_image_runs_unprivileged_and_carries_no_tools_to_build_with() -> None:
    script = "id -u; command -v pip pip3 gcc cc make git || true"

    assert run(*RUN, "--entrypoint", "sh", IMAGE, "-c", script).split() == ["10001"]


@pytest.mark.usefixtures("deployment")
def test_the_image_carries_the_contracts() -> None:
    program = "from imagejobs.contract.files import contract_file as f; print(f('openapi.yaml').read_text())"

    shown = run(*RUN, "--entrypoint", "python", IMAGE, "-c", program)

    assert shown.strip() == (ROOT / "contracts" / "openapi.yaml").read_text().strip()


@pytest.mark.usefixtures("deployment")
def test_the_api_does_not_start_without_tokens() -> None:
    bounded = [*RUN, "--env", "STORAGE=filesystem", "--entrypoint", "timeout", IMAGE, "30", "imagejobs", "api"]

    done = subprocess.run(bounded, capture_output=True, text=True, timeout=COMMAND_SECONDS, check=False)

    assert done.returncode == 1
    assert "API_TOKENS or WORKER_TOKENS is not set" in done.stderr
