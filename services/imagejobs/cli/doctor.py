"""The command that tries every setting and service for real."""

import json
from typing import Annotated

import typer
from rich.markup import escape

from imagejobs.cli.checks.examination import Finding, examine
from imagejobs.cli.reaching import DataDir
from imagejobs.cli.tables import console_for


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Try each setting and service for real, one line each. Exits 1 if any fails."""
    findings = examine(data_dir)
    if as_json:
        typer.echo(json.dumps([_as_json(finding) for finding in findings]))
    else:
        console = console_for()
        for finding in findings:
            text = f"{_mark(finding)} {finding.name:10} {escape(finding.text)}"
            console.print(text, highlight=False, soft_wrap=True)
    if not all(finding.ok for finding in findings):
        raise typer.Exit(1)


def _as_json(finding: Finding) -> dict[str, object]:
    return {"name": finding.name, "ok": finding.ok, "warning": finding.is_warning, "text": finding.text}


def _mark(finding: Finding) -> str:
    if not finding.ok:
        return "[bold red]FAIL[/]"
    return "[yellow]warn[/]" if finding.is_warning else "[green]ok  [/]"
