"""Write the files that need a look (crashes, failures and timeouts) to a folder."""

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
"""Files that are kept per format and code."""


@dataclass(slots=True)
class Keeper:
    """Writes files to `folder`, each with a text file that says what happened. Without a folder it only lists them."""

    folder: Path | None
    kept: list[Outcome] = field(default_factory=list)
    _numbers: Counter[tuple[str, str]] = field(default_factory=Counter)

    def keep(self, outcome: Outcome) -> None:
        """Keep the file, unless it was refused as expected or enough files of its kind are kept already."""
        if outcome.code not in _WORTH_A_LOOK:
            return
        self._numbers[outcome.format, outcome.code] += 1
        if self._numbers[outcome.format, outcome.code] > _MOST:
            return
        self.kept.append(outcome)
        self.write(outcome, outcome.mutant.data, "")

    def write(self, outcome: Outcome, data: bytes, suffix: str) -> None:
        """Write `data` to a file that is named after the outcome."""
        if self.folder is None:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"{outcome.code}-{outcome.mutant.seed}-{outcome.mutant.number}{suffix}.{outcome.format}"
        path.write_bytes(data)
        path.with_name(f"{path.name}.txt").write_text(f"{outcome.mutant.story}\n{outcome.message}\n")
