"""Runs all checks in order, and collects their findings."""

from collections.abc import Callable
from concurrent.futures import Future, wait
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

from imagejobs.cli.checks import Concern, Deployment
from imagejobs.cli.checks.api import check_api, check_records
from imagejobs.cli.checks.database import check_mongodb
from imagejobs.cli.checks.deployment import check_deployment
from imagejobs.cli.checks.engine import check_engine
from imagejobs.cli.checks.proxies import check_proxies
from imagejobs.cli.checks.queue import check_redis
from imagejobs.cli.checks.storage import check_outputs, check_sources, check_storage
from imagejobs.cli.checks.tokens import check_tokens
from imagejobs.cli.discovery import find_api, store_settings
from imagejobs.client.errors import ApiRefused, UnexpectedAnswer
from imagejobs.errors import BackingServiceUnavailable, ConfigurationError
from imagejobs.settings.settings import misspelt_variables
from imagejobs.storage.object_storage import ObjectNotFound

CHECKS: tuple[tuple[str, Callable[[Deployment], str]], ...] = (
    ("redis", check_redis),
    ("mongodb", check_mongodb),
    ("deployment", check_deployment),
    ("storage", check_storage),
    ("outputs", check_outputs),
    ("sources", check_sources),
    ("proxies", check_proxies),
    ("api", check_api),
    ("tokens", check_tokens),
    ("records", check_records),
)
CHECK_SECONDS = 30.0
"""The time limit of one check. Most checks have lower limits of their own."""
FORESEEN = (BackingServiceUnavailable, ConfigurationError, ApiRefused, UnexpectedAnswer, ObjectNotFound)


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check. `is_warning` marks something that works but should be changed."""

    name: str
    ok: bool
    text: str
    is_warning: bool = False


def examine(data_dir: Path | None) -> list[Finding]:
    """All findings. If the settings are invalid, only the checks that need no settings run."""
    findings = [finding("engine", check_engine)]
    try:
        deployment = Deployment(store_settings(data_dir), find_api(data_dir))
    except ConfigurationError as error:
        return [*(Finding("settings", False, line) for line in str(error).splitlines()), *findings]
    findings.insert(0, Finding("settings", True, "valid"))
    findings += [Finding("settings", True, f"environment: {each}", is_warning=True) for each in misspelt_variables()]
    for name, check in CHECKS:
        findings.append(finding(name, lambda check=check: check(deployment)))  # type: ignore[misc]
    return findings


def finding(name: str, check: Callable[[], str]) -> Finding:
    """The result of the check, whatever it raises. After CHECK_SECONDS the check counts as failed."""
    outcome: Future[str] = Future()
    Thread(target=_carry_out, args=(check, outcome), name=f"check {name}", daemon=True).start()
    wait([outcome], CHECK_SECONDS)
    if not outcome.done():
        return Finding(name, False, f"no result within {CHECK_SECONDS:g} s: the service is reached but does not answer")
    try:
        return Finding(name, True, outcome.result())
    except Concern as concern:
        return Finding(name, True, str(concern), is_warning=True)
    except FORESEEN as error:
        return Finding(name, False, str(error))
    except Exception as error:  # noqa: BLE001 - the other checks must run all the same
        return Finding(name, False, f"unexpected: {error!r}")


def _carry_out(check: Callable[[], str], outcome: Future[str]) -> None:
    try:
        outcome.set_result(check())
    except BaseException as error:  # noqa: BLE001 - raised again by outcome.result()
        outcome.set_exception(error)
