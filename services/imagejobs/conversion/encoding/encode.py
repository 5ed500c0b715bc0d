"""From a picture to the bytes of a WebP: which encodings are tried, and which one wins."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Self

from imagejobs.conversion.encoding.lowering import lower
from imagejobs.conversion.encoding.trial import Encoding
from imagejobs.conversion.encoding.webp import encode_lossless, encode_lossy, encode_near_lossless
from imagejobs.conversion.magick.errors import if_there_is_room
from imagejobs.conversion.magick.image import MagickImage

EXACT, NEAR_LOSSLESS = 100, 60
"""The receipt's qualities of lossless pictures: values of libwebp's option that `near_lossless` follows."""
_FAITHFUL = (Encoding.LOSSLESS, Encoding.NEAR_LOSSLESS, Encoding.LOSSY)
_TRIAL_BYTES = {Encoding.LOSSLESS: 36, Encoding.NEAR_LOSSLESS: 44}
"""A pixel, at once, with the decoded picture: measured with drawings of 6 to 18 megapixels, and a tenth more."""
_STRIP_ROWS = 16
_STRIPS = 2
_QUICK_METHOD = 2
_FLAT = 2
"""Strips that take this much more bytes lossless than lossy belong to a picture that lossy wins by far."""
NARROW = 16
"""Pixels of the shorter side of pictures that are never lossy: VP8 keeps one colour for 2 x 2 pixels, and codes blocks
of 16, so that a few columns blur into each other and into what is behind the edge. Mean CIE76 of a gradient at quality
80: 40 at 2 pixels, 15 at 3, 3 at 16."""


@dataclass(frozen=True, slots=True)
class Effort:
    """The encoder's parameters: libwebp's quality of lossy pictures and its method.

    With `weigh` pictures that look flat are tried lossless too, unless that takes more than `memory_bytes`; `thorough`
    is for single pictures. Where nothing takes `ceiling` bytes at most, lower qualities are tried. NARROW pictures are
    not `lossy`.
    """

    quality: int
    method: int
    weigh: bool
    thorough: bool = True
    memory_bytes: int = 500_000_000
    ceiling: int | None = None
    lossy: bool = True

    def for_size(self, size: tuple[int, int]) -> Self:
        """The same for a picture of this width and height."""
        return replace(self, lossy=min(size) > NARROW)


@dataclass(frozen=True, slots=True)
class Encoded:
    """A WebP."""

    encoding: Encoding
    quality: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Tried:
    """Every encoding that was tried, the winner first; `lacked_memory` are those that might have won, too.

    `least_bytes` is what the lowest quality takes, or would take, where even that is more than the ceiling.
    """

    encoded: tuple[Encoded, ...]
    lacked_memory: tuple[Encoding, ...] = ()
    least_bytes: int | None = None


def encode(image: MagickImage, effort: Effort) -> Tried:
    """Encode in every way that may win, which is the smallest, and of equals the most faithful.

    Where the smallest has more bytes than the ceiling, the highest lower quality that has not wins, if there is one.
    Raises ConversionError or Wand's exceptions.
    """
    tried, ceiling = _ways(image, effort), effort.ceiling
    if not effort.lossy or ceiling is None or len(tried.encoded[0].data) <= ceiling:
        return tried
    (size,) = (len(encoded.data) for encoded in tried.encoded if encoded.encoding is Encoding.LOSSY)
    lowered = lower(image, effort.quality, size, ceiling, lambda part, at: encode_lossy(part, at, effort.method))
    further = [Encoded(Encoding.LOSSY, quality, lowered.encoded[quality]) for quality in sorted(lowered.encoded)[::-1]]
    if lowered.least_bytes is not None:
        return replace(tried, encoded=(*tried.encoded, *further), least_bytes=lowered.least_bytes)
    further.sort(key=lambda encoded: len(encoded.data) > ceiling)  # the highest quality first that is low enough
    return replace(tried, encoded=(*further, *tried.encoded))


def _ways(image: MagickImage, effort: Effort) -> Tried:
    """At the wanted quality, and lossless."""
    certain = Encoding.LOSSY if effort.lossy else Encoding.LOSSLESS
    made = [_encode_as(certain, image, effort)]  # first: it has to succeed
    if not effort.lossy:
        wanted: list[Encoding] | None = [Encoding.NEAR_LOSSLESS]
    else:
        wanted = if_there_is_room(lambda: _promising(image, effort)) if effort.weigh else []
    if wanted is None:
        return Tried(tuple(made), (Encoding.LOSSLESS, Encoding.NEAR_LOSSLESS))
    trials = {encoding: _encode_if_possible(encoding, image, effort) for encoding in wanted}
    made += filter(None, trials.values())
    lacked_memory = tuple(encoding for encoding, encoded in trials.items() if encoded is None)
    made.sort(key=lambda encoded: (len(encoded.data), _FAITHFUL.index(encoded.encoding)))
    return Tried(tuple(made), lacked_memory)


def encode_as(image: MagickImage, effort: Effort, encodings: Collection[Encoding]) -> Tried | None:
    """Encode in these ways only; None where the memory for one is not enough. Raises as `encode` does."""
    made = [_encode_if_possible(encoding, image, effort) for encoding in Encoding if encoding in encodings]
    done = [encoded for encoded in made if encoded is not None]
    return Tried(tuple(sorted(done, key=lambda encoded: len(encoded.data)))) if len(done) == len(made) else None


def _encode_if_possible(encoding: Encoding, image: MagickImage, effort: Effort) -> Encoded | None:
    """None where the memory for it is wanting."""
    return if_there_is_room(lambda: _encode_as(encoding, image, effort)) if _fits(encoding, image, effort) else None


def _fits(encoding: Encoding, image: MagickImage, effort: Effort) -> bool:
    width, height = image.size
    needed: int = width * height * _TRIAL_BYTES.get(encoding, 0)
    return needed <= effort.memory_bytes


def _promising(image: MagickImage, effort: Effort) -> list[Encoding]:
    """The lossless ways that may win, judged by what a few rows cost: drawings, screenshots, diagrams."""
    width, height = image.size
    if height <= _STRIP_ROWS * (_STRIPS + 1):
        return [Encoding.LOSSLESS, Encoding.NEAR_LOSSLESS]
    kinds = [Encoding.LOSSY, Encoding.LOSSLESS]
    if is_near_judged := _fits(Encoding.NEAR_LOSSLESS, image, effort):  # else numpy may not fit: OpenBLAS then exits
        kinds.append(Encoding.NEAR_LOSSLESS)
    quick = replace(effort, method=_QUICK_METHOD, thorough=False)
    cost: Counter[Encoding] = Counter()
    for top in _strip_tops(height):
        with image.clone() as strip:
            strip.crop(0, top, width, top + _STRIP_ROWS)
            strip.reset_coords()
            for encoding in kinds:
                cost[encoding] += len(_encode_as(encoding, strip, quick).data)
    if not is_near_judged:
        cost[Encoding.NEAR_LOSSLESS] = cost[Encoding.LOSSLESS]
    bounds = {Encoding.LOSSLESS: _FLAT * cost[Encoding.LOSSY], Encoding.NEAR_LOSSLESS: cost[Encoding.LOSSLESS]}
    return [encoding for encoding, bound in bounds.items() if cost[encoding] <= min(bound, bounds[Encoding.LOSSLESS])]


def _strip_tops(height: int) -> list[int]:
    return [height * (index + 1) // (_STRIPS + 1) for index in range(_STRIPS)]


def _encode_as(encoding: Encoding, image: MagickImage, effort: Effort) -> Encoded:
    if encoding is Encoding.LOSSY:
        return Encoded(encoding, effort.quality, encode_lossy(image, effort.quality, effort.method))
    if encoding is Encoding.LOSSLESS:
        return Encoded(encoding, EXACT, encode_lossless(image, effort.method, thorough=effort.thorough))
    return Encoded(encoding, NEAR_LOSSLESS, encode_near_lossless(image, effort.method, thorough=effort.thorough))
