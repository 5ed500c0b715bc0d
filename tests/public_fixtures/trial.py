"""Judge one file: compare what the references show of it with what the service makes of it."""

import io
from dataclasses import dataclass
from enum import StrEnum

from imagejobs.conversion.errors import ConversionError
from imagejobs.conversion.formats.probe import check_limits, probe
from imagejobs.conversion.options import Options
from imagejobs.conversion.processing.geometry import fit
from imagejobs.conversion.sandbox.pool import Converter
from public_fixtures.collection import Fixture
from public_fixtures.comparison import differences
from public_fixtures.confinement import References
from public_fixtures.references import Shown, pillow

OPTIONS = Options(quality=95)
_ONE_IS_ENOUGH = frozenset({"heic"})
"""Formats for which one reference is enough: the tests' libvips cannot decode HEVC, so pillow-heif judges alone."""


class Verdict(StrEnum):
    """How the service's picture of a file compares with those of the references."""

    SAME = "same"
    DIFFERENT = "different"
    REFUSED = "refused"
    DISPUTED = "disputed"
    """The references differ from each other, and the service agrees with one of them."""
    UNREAD = "unread"
    """A reference cannot read the file, so there is nothing to compare with."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The verdict on a file, and its reason in words."""

    fixture: Fixture
    verdict: Verdict
    reason: str = ""

    @property
    def is_deviation(self) -> bool:
        """Whether the service does something else than the references."""
        return self.verdict in (Verdict.DIFFERENT, Verdict.REFUSED)

    @property
    def name(self) -> str:
        """The project and the path."""
        return f"{self.fixture.project}/{self.fixture.path}"


def judge(fixture: Fixture, references: References, converter: Converter) -> Outcome:
    """Convert a file with the references and the service, and compare the results."""
    answers = references.show(fixture.data)
    shown = {name: each for name, each in answers.items() if isinstance(each, Shown)}
    unread = [f"{name}: {reason}" for name, reason in answers.items() if isinstance(reason, str)]
    if unread and not (shown and fixture.format in _ONE_IS_ENOUGH):
        return Outcome(fixture, Verdict.UNREAD, "; ".join(unread))
    try:
        check_limits(probe(io.BytesIO(fixture.data)), OPTIONS)
        result = converter.convert(fixture.data, OPTIONS)
    except ConversionError as error:
        return Outcome(fixture, Verdict.REFUSED, f"{error.code}: {error}")
    quality = 100 if result.receipt["lossless"] else result.receipt["quality"]
    found = pillow(result.data)
    against = {
        name: differences(each, found, fit(*each.size, OPTIONS.max_side), quality) for name, each in shown.items()
    }
    words = "; ".join(f"{name}: {', '.join(each)}" for name, each in against.items() if each)
    if not words:
        return Outcome(fixture, Verdict.SAME)
    return Outcome(fixture, Verdict.DIFFERENT if all(against.values()) else Verdict.DISPUTED, words)
