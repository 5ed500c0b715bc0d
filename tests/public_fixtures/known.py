"""Files that both references read and the service refuses or shows differently, each with the reason that was found."""

from dataclasses import dataclass
from fnmatch import fnmatchcase

from public_fixtures.trial import Outcome


@dataclass(frozen=True, slots=True)
class Known:
    """One reason, and the files that it explains: (project, path in its archive); a `*` stands for anything."""

    reason: str
    files: tuple[tuple[str, str], ...]

    def explains(self, outcome: Outcome) -> bool:
        """Whether the file is one of these."""
        fixture = outcome.fixture
        return any(project == fixture.project and fnmatchcase(fixture.path, path) for project, path in self.files)


KNOWN: tuple[Known, ...] = ()


def explanation(outcome: Outcome) -> str | None:
    """Why a file is different or refused, if that is known."""
    return next((each.reason for each in KNOWN if each.explains(outcome)), None)
