"""The command that tries every setting and service for real."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from imagejobs.cli import checks
from imagejobs.cli.reaching import DataDir, api_address, reach_stores
from imagejobs.cli.tables import console_for
from imagejobs.client.errors import ApiRefused, UnexpectedAnswer
from imagejobs.errors import BackingServiceUnavailable, ConfigurationError
from imagejobs.storage.object_storage import ObjectNotFound


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check came to."""

    name: str
    ok: bool
    text: str


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Try each setting and service for real, one line each. Exits 1 if any fails."""
    findings = examine(data_dir)
    if as_json:
        typer.echo(json.dumps([{"name": f.name, "ok": f.ok, "text": f.text} for f in findings]))
    else:
        console = console_for()
        for finding in findings:
            mark = "[green]ok  [/]" if finding.ok else "[bold red]FAIL[/]"
            console.print(f"{mark} {finding.name:10} {escape(finding.text)}", highlight=False, soft_wrap=True)
    if not all(finding.ok for finding in findings):
        raise typer.Exit(1)


FORESEEN = (BackingServiceUnavailable, ConfigurationError, ApiRefused, UnexpectedAnswer, ObjectNotFound)


def examine(data_dir: Path | None) -> list[Finding]:
    """All findings; without valid settings only those that need none."""
    findings = [_try("engine", checks.engine)]
    try:
        settings, address = reach_stores(data_dir), api_address(data_dir)
    except ConfigurationError as error:
        return [*(Finding("settings", False, line) for line in str(error).splitlines()), *findings]
    return [
        Finding("settings", True, "valid"),
        *findings,
        _try("redis", lambda: checks.redis(settings)),
        _try("mongodb", lambda: checks.mongodb(settings)),
        _try("storage", lambda: checks.storage(settings)),
        _try("api", lambda: checks.api(address)),
        _try("tokens", lambda: checks.tokens(settings, address)),
    ]


def _try(name: str, check: Callable[[], str]) -> Finding:
    try:
        return Finding(name, True, check())
    except FORESEEN as error:
        return Finding(name, False, str(error))
    except Exception as error:  # noqa: BLE001 - the other findings are wanted all the more
        return Finding(name, False, f"not foreseen: {error!r}")
