"""The command that tries every setting and service for real."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

import typer
from rich.markup import escape

from imagejobs.cli.tables import console_for
from imagejobs.errors import BackingServiceUnavailable, ConfigurationError
from imagejobs.settings import Settings, load_settings


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check came to."""

    name: str
    ok: bool
    text: str


def doctor(as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False) -> None:
    """Try each setting and service for real, one line each. Exits 1 if any fails."""
    findings = examine()
    if as_json:
        typer.echo(json.dumps([{"name": f.name, "ok": f.ok, "text": f.text} for f in findings]))
    else:
        console = console_for()
        for finding in findings:
            mark = "[green]ok  [/]" if finding.ok else "[bold red]FAIL[/]"
            console.print(f"{mark} {finding.name:10} {escape(finding.text)}", highlight=False, soft_wrap=True)
    if not all(finding.ok for finding in findings):
        raise typer.Exit(1)


def examine() -> list[Finding]:
    """All findings; without valid settings only those that need none."""
    findings = [_try("engine", _engine)]
    try:
        settings = load_settings()
    except ConfigurationError as error:
        return [*(Finding("settings", False, line) for line in str(error).splitlines()), *findings]
    checks: list[tuple[str, Callable[[Settings], str]]] = [
        ("redis", _redis),
        ("mongodb", _mongodb),
        ("storage", _storage),
        ("api", _api),
        ("tokens", _tokens),
    ]
    tried = [_try(name, lambda check=check: check(settings)) for name, check in checks]  # type: ignore[misc]  # a bound default
    return [Finding("settings", True, "valid"), *findings, *tried]


def _try(name: str, check: Callable[[], str]) -> Finding:
    try:
        return Finding(name, True, check())
    except (BackingServiceUnavailable, ConfigurationError) as error:
        return Finding(name, False, str(error))


def _engine() -> str:
    """Asked in a child process, as the worker does."""
    from imagejobs.conversion.errors import ConversionError
    from imagejobs.conversion.formats import FORMATS
    from imagejobs.conversion.isolated.pool import Converter
    from imagejobs.conversion.isolated.result import CONFINEMENT

    try:
        with Converter() as converter:
            found = converter.abilities()
    except ConversionError as error:
        raise ConfigurationError(str(error)) from error
    missing = [each.title for each in FORMATS if each.name not in found.reads]
    parts = [f"{found.encoder} reads {', '.join(each.title for each in FORMATS if each.name in found.reads)}"]
    parts += [f"not {', '.join(missing)} (the library has no decoder for it)"] if missing else []
    lacking = [what for what in CONFINEMENT if what not in found.without]
    parts += [f"without access to {', '.join(found.without)}"] if found.without else []
    parts += [f"NOT kept from {', '.join(lacking)} (needs Linux 5.13 and libseccomp)"] if lacking else []
    return "; ".join(parts)


def _redis(settings: Settings) -> str:
    from imagejobs.enqueueing import open_task_queue

    return f"answers; {open_task_queue(settings).length()} message(s) wait on {settings.task_queue!r}"


def _mongodb(settings: Settings) -> str:
    from imagejobs.database import Database
    from imagejobs.jobs.mongo_repository import MongoImageJobRepository

    database = Database(settings.mongodb_uri)
    try:
        counts = MongoImageJobRepository(database).count_by_status()
    finally:
        database.close()
    return "answers; " + (", ".join(f"{count} {status}" for status, count in sorted(counts.items())) or "no jobs yet")


def _storage(settings: Settings) -> str:
    """Write, read and delete a small object, as the API and the worker will."""
    import io
    import secrets

    from imagejobs.storage.opening import open_storage

    storage = open_storage(settings)
    written = []
    for prefix in ("raw/", settings.output_prefix):
        key, data = f"{prefix}doctor-{secrets.token_hex(6)}.txt", b"image-jobs doctor"
        storage.put(key, io.BytesIO(data), len(data), "text/plain")
        try:
            if storage.get(key, len(data)) != data:
                raise ConfigurationError(f"storage answered other bytes than were written to {key}")
        finally:
            storage.delete(key)
        written.append(prefix)
    return f"{settings.storage}: wrote, read and deleted under {' and '.join(written)}"


def _api(settings: Settings) -> str:
    from imagejobs.client.api_client import ApiClient

    ApiClient(settings.api_base_url, max_tries=1).call("getReadiness")
    return f"{settings.api_base_url} is ready"


def _tokens(settings: Settings) -> str:
    missing = [name for name in ("API_TOKENS", "WORKER_TOKENS") if not getattr(settings, name.lower())]
    if missing and not settings.is_loopback and not settings.allow_unauthenticated:
        raise ConfigurationError(
            f"{' and '.join(missing)} not set, and API_HOST={settings.api_host} is open to the network"
        )
    return (
        f"{' and '.join(missing)} not set: open to this machine" if missing else "API_TOKENS and WORKER_TOKENS are set"
    )
