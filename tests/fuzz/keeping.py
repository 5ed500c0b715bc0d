"""Files that are worth a look, written to a folder."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from fuzz.trial import FAILURE, Outcome
from imagejobs.conversion.errors import ErrorCode

_WORTH_A_LOOK = frozenset(
    {
        FAILURE,
        ErrorCode.CONVERSION_CRASH,
        ErrorCode.CONVERSION_FAILED,
        ErrorCode.CONVERSION_MEMORY,
        ErrorCode.CONVERSION_TIMEOUT,
    }
)
_MOST = 25
"""Of a format and a code."""


@dataclass(slots=True)
class Keeper:
    """Writes them to the folder, if there is one, with a text beside each that says what happened."""

    folder: Path | None
    kept: list[Outcome] = field(default_factory=list)
    _numbers: Counter[tuple[str, str]] = field(default_factory=Counter)

    def keep(self, outcome: Outcome) -> None:
        """Keep it if it is no ordinary refusal, and if there are not many of its kind already."""
        if outcome.code not in _WORTH_A_LOOK:
            return
        self._numbers[outcome.format, outcome.code] += 1
        if self._numbers[outcome.format, outcome.code] > _MOST:
            return
        self.kept.append(outcome)
        self.write(outcome, outcome.mutant.data, "")

    def write(self, outcome: Outcome, data: bytes, suffix: str) -> None:
        """The bytes, under the name of their outcome."""
        if self.folder is None:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"{outcome.code}-{outcome.mutant.seed}-{outcome.mutant.number}{suffix}.{outcome.format}"
        path.write_bytes(data)
        path.with_name(f"{path.name}.txt").write_text(f"{outcome.mutant.story}\n{outcome.message}\n")
