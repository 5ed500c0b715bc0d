"""How the samples of a page are stored, and their meaning, by the fields of the page."""

from dataclasses import dataclass
from itertools import islice

from imagejobs.conversion.formats.tiff import tags
from imagejobs.conversion.formats.tiff.directory import Directory

MAX_SAMPLES = 16
_COLOURS = {tags.RGB: 3, tags.INKS: 4, tags.YCBCR: 3, tags.LAB: 3}


@dataclass(frozen=True, slots=True)
class Samples:
    """A pixel has `count` samples of `bits` each. `extra` has the kinds of the samples after the colours.

    A further sample without a kind counts as straight alpha, as in Pillow and libvips; `is_extra_named` is false then.
    `chroma` is the subsampling of YCbCr, across and down.
    """

    photometric: int
    bits: int
    count: int
    is_extra_named: bool
    extra: tuple[int, ...]
    is_planar: bool
    is_tiled: bool
    compression: int
    predictor: int
    chroma: tuple[int, int]

    @property
    def colours(self) -> int:
        """The number of samples of the colour."""
        return colours_of(self.photometric)

    @property
    def alpha(self) -> int:
        """The kind of the first further sample; 0 (NO_ALPHA) if it is absent or not alpha."""
        return self.extra[0] if self.extra else tags.NO_ALPHA


def colours_of(photometric: int) -> int:
    """The number of samples of a colour of this kind."""
    return _COLOURS.get(photometric, 1)


def is_tiled(page: Directory) -> bool:
    """Whether a page consists of tiles, not of strips, as libtiff decides it."""
    return any(tag in page.entries for tag in (tags.TILE_WIDTH, tags.TILE_HEIGHT, tags.TILE_OFFSETS))


def read_samples(page: Directory) -> Samples:
    """The samples of a page with at most `MAX_SAMPLES` a pixel; nothing is checked."""
    count, photometric = page.first(tags.SAMPLES, 1), page.first(tags.PHOTOMETRIC, 1)
    compression = page.first(tags.COMPRESSION, 1)
    named = tuple(islice(page.numbers(tags.EXTRA_SAMPLES), MAX_SAMPLES))
    further = max(0, count - colours_of(photometric))
    across, down = (*islice(page.numbers(tags.CHROMA_SUBSAMPLING), 2), 2, 2)[:2]
    return Samples(
        photometric,
        page.first(tags.BITS, 1),
        count,
        len(named) >= further,
        (*named, *[tags.STRAIGHT] * further)[:further],
        page.first(tags.PLANES, 1) == tags.SEPARATE_PLANES,
        is_tiled(page),
        compression,
        page.first(tags.PREDICTOR, 1) if compression in tags.PREDICTED else 1,
        (across, down) if photometric == tags.YCBCR else (1, 1),
    )
