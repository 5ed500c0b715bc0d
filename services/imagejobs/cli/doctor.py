"""`imagejobs doctor`: tries every setting and service."""

from imagejobs.cli.checks.examination import Finding, examine
from imagejobs.cli.discovery import DataDir
from imagejobs.cli.presentation.answer import Answer, Failure
from imagejobs.cli.presentation.reports import findings_view


def doctor(data_dir: DataDir = None) -> Answer:
    """Try every setting and service, and print a line for each. Exits 1 if any fails."""
    findings = examine(data_dir)
    failed = [finding.name for finding in findings if not finding.ok]
    message = f"{len(failed)} of {len(findings)} checks failed: {', '.join(dict.fromkeys(failed))}"
    return Answer(
        [_as_json(finding) for finding in findings],
        findings_view([(_mark(finding), finding.name, finding.text) for finding in findings]),
        Failure("check_failed", message) if failed else None,
    )


def _as_json(finding: Finding) -> dict[str, object]:
    return {"name": finding.name, "ok": finding.ok, "warning": finding.is_warning, "text": finding.text}


def _mark(finding: Finding) -> str:
    if not finding.ok:
        return "FAIL"
    return "warn" if finding.is_warning else "ok"
