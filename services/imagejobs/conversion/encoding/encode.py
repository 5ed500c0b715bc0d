"""The choice of a picture's encoding: which ones are tried, and which one is taken."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, replace

from imagejobs.conversion.encoding.effort import Effort
from imagejobs.conversion.encoding.lowering import lower
from imagejobs.conversion.encoding.trial import Encoding
from imagejobs.conversion.encoding.webp import Encoded, encode_in, encode_lossy
from imagejobs.conversion.magick.errors import if_there_is_room
from imagejobs.conversion.magick.image import MagickImage

_FAITHFUL = (Encoding.LOSSLESS, Encoding.NEAR_LOSSLESS, Encoding.LOSSY)
"""The most faithful first, which wins if sizes are equal."""
_TRIAL_BYTES = {Encoding.LOSSLESS: 36, Encoding.NEAR_LOSSLESS: 44}
"""Memory a pixel while encoding, including the decoded picture: measured with drawings of 6 to 18 megapixels, plus a
tenth."""
_STRIP_ROWS = 16
_STRIPS = 2
_QUICK_METHOD = 2
"""A picture is judged by two strips of 16 rows, encoded with libwebp's method 2."""
_FLAT = 2
"""If strips take this many times more bytes lossless than lossy, lossless is not tried for the picture."""


@dataclass(frozen=True, slots=True)
class Tried:
    """The encodings that were tried, the winner first. `lacked_memory` are those that were left out for lack of memory.

    `least_bytes` is set if even the lowest quality exceeds the ceiling: its size in bytes, or an estimate of it.
    """

    encoded: tuple[Encoded, ...]
    lacked_memory: tuple[Encoding, ...] = ()
    least_bytes: int | None = None


def encode(image: MagickImage, effort: Effort) -> Tried:
    """Try every encoding that may win. The smallest wins; of equal ones the most faithful.

    If the smallest has more bytes than the ceiling, the highest lower quality that fits wins, if one fits. Raises
    ConversionError or Wand's exceptions.
    """
    tried, ceiling = _ways(image, effort), effort.ceiling
    if not effort.lossy or ceiling is None or len(tried.encoded[0].data) <= ceiling:
        return tried
    (size,) = (len(encoded.data) for encoded in tried.encoded if encoded.encoding is Encoding.LOSSY)
    lowered = lower(image, effort.quality, size, ceiling, lambda part, at: encode_lossy(part, at, effort.method))
    further = [Encoded(Encoding.LOSSY, quality, lowered.encoded[quality]) for quality in sorted(lowered.encoded)[::-1]]
    if lowered.least_bytes is not None:
        return replace(tried, encoded=(*tried.encoded, *further), least_bytes=lowered.least_bytes)
    further.sort(key=lambda encoded: len(encoded.data) > ceiling)  # first the highest quality that fits
    return replace(tried, encoded=(*further, *tried.encoded))


def _ways(image: MagickImage, effort: Effort) -> Tried:
    """Encode at the wanted quality, and lossless if that may win."""
    certain = Encoding.LOSSY if effort.lossy else Encoding.LOSSLESS
    made = [encode_in(certain, image, effort)]  # first, because it has to succeed
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
    """Encode in these encodings only; None if memory is not enough for one of them. Raises as `encode` does."""
    made = [_encode_if_possible(encoding, image, effort) for encoding in Encoding if encoding in encodings]
    done = [encoded for encoded in made if encoded is not None]
    return Tried(tuple(sorted(done, key=lambda encoded: len(encoded.data)))) if len(done) == len(made) else None


def _encode_if_possible(encoding: Encoding, image: MagickImage, effort: Effort) -> Encoded | None:
    """None if memory is not enough."""
    return if_there_is_room(lambda: encode_in(encoding, image, effort)) if _fits(encoding, image, effort) else None


def _fits(encoding: Encoding, image: MagickImage, effort: Effort) -> bool:
    width, height = image.size
    needed: int = width * height * _TRIAL_BYTES.get(encoding, 0)
    return needed <= effort.memory_bytes


def _promising(image: MagickImage, effort: Effort) -> list[Encoding]:
    """The lossless encodings that may win, as for drawings and screenshots, judged by a few rows of the picture."""
    width, height = image.size
    if height <= _STRIP_ROWS * (_STRIPS + 1):
        return [Encoding.LOSSLESS, Encoding.NEAR_LOSSLESS]
    kinds = [Encoding.LOSSY, Encoding.LOSSLESS]
    # Checked first, because numpy's OpenBLAS ends the process if memory is not enough.
    if is_near_judged := _fits(Encoding.NEAR_LOSSLESS, image, effort):
        kinds.append(Encoding.NEAR_LOSSLESS)
    quick = replace(effort, method=_QUICK_METHOD, thorough=False)
    cost: Counter[Encoding] = Counter()
    for top in _strip_tops(height):
        with image.clone() as strip:
            strip.crop(0, top, width, top + _STRIP_ROWS)
            strip.reset_coords()
            for encoding in kinds:
                cost[encoding] += len(encode_in(encoding, strip, quick).data)
    if not is_near_judged:
        cost[Encoding.NEAR_LOSSLESS] = cost[Encoding.LOSSLESS]
    bounds = {Encoding.LOSSLESS: _FLAT * cost[Encoding.LOSSY], Encoding.NEAR_LOSSLESS: cost[Encoding.LOSSLESS]}
    return [encoding for encoding, bound in bounds.items() if cost[encoding] <= min(bound, bounds[Encoding.LOSSLESS])]


def _strip_tops(height: int) -> list[int]:
    return [height * (index + 1) // (_STRIPS + 1) for index in range(_STRIPS)]
