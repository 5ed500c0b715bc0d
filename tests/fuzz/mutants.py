"""The damaged files. Each depends on the seed and its number alone, so one can be made again without the rest."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from random import Random

from fuzz.bytewise import BYTEWISE, Mutation
from fuzz.corpus import Seed
from fuzz.structural import STRUCTURAL, repaired
from imagejobs.conversion.options import AUTO, Options

_WISHES = (
    Options(),
    Options(),
    Options(max_side=40, renditions=(16, 1)),
    Options(max_side=64, quality=AUTO),
    Options(max_side=33, method=0),
)
_USUAL = asdict(Options())
_TIMES = (1, 1, 1, 1, 2, 2, 2, 3, 4, 6)
"""Number of changes to one file; listed more often, chosen more often."""
_REPAIRED = 0.8
"""Share of the files whose checksums and lengths are repaired after the changes."""
_MAX_FILE_BYTES = 4 << 20


@dataclass(frozen=True, slots=True)
class Mutant:
    """A damaged file, the changes that made it, and the options of its conversion."""

    seed: int
    number: int
    origin: Seed
    changes: tuple[str, ...]
    options: Options
    data: bytes

    @property
    def story(self) -> str:
        """The origin, the changes and the options, in words."""
        wishes = ", ".join(f"{name}={value}" for name, value in asdict(self.options).items() if value != _USUAL[name])
        return f"{self.origin.format}, {self.origin.name}: {', '.join(self.changes)} ({wishes or 'default options'})"


def mutant(seed: int, number: int, corpus: Sequence[Seed]) -> Mutant:
    """Make the file of this number. Each format is equally likely, however many seeds it has."""
    random = Random(f"{seed} {number}")  # noqa: S311 - it has to be repeatable
    wanted = random.choice(list(dict.fromkeys(each.format for each in corpus)))
    origin = random.choice([each for each in corpus if each.format == wanted])
    data, changes = origin.data, []
    for _ in range(random.choice(_TIMES)):
        change: Mutation = random.choice(random.choice((BYTEWISE, STRUCTURAL, STRUCTURAL)))
        data = change(random, data, random.choice(corpus).data)[:_MAX_FILE_BYTES]
        changes.append(change.__name__)
    if random.random() < _REPAIRED:
        data = repaired(data)
    return Mutant(seed, number, origin, tuple(changes), random.choice(_WISHES), data)
