"""The damaged files: each follows from the seed and its number alone, so that one can be made without the rest."""

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
"""How many changes one file gets."""
_REPAIRED = 0.8
"""How often; the other files show what wrong checksums do."""
_MAX_FILE_BYTES = 4 << 20


@dataclass(frozen=True, slots=True)
class Mutant:
    """A damaged file, how it came about, and how it is to be converted."""

    seed: int
    number: int
    origin: Seed
    changes: tuple[str, ...]
    options: Options
    data: bytes

    @property
    def story(self) -> str:
        """What was done, for people."""
        wishes = ", ".join(f"{name}={value}" for name, value in asdict(self.options).items() if value != _USUAL[name])
        return f"{self.origin.format}, {self.origin.name}: {', '.join(self.changes)} ({wishes or 'default options'})"


def mutant(seed: int, number: int, corpus: Sequence[Seed]) -> Mutant:
    """The file of this number: formats as often as each other, however many files of each there are."""
    random = Random(f"{seed} {number}")  # noqa: S311 - it has to be foretold
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
