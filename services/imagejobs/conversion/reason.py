"""The receipt's `reason`: a text for people that explains the encoding of the output."""

from collections.abc import Sequence

from imagejobs.conversion.encoding.effort import NARROW
from imagejobs.conversion.encoding.lowering import LOWEST
from imagejobs.conversion.encoding.rendition import Rendition
from imagejobs.conversion.encoding.trial import Encoding
from imagejobs.conversion.options import AUTO, Options
from imagejobs.conversion.pipeline import Rendered


def reason(attempts: Sequence[Rendered], source_bytes: int, options: Options) -> str:
    """The reason for the largest rendition of the first attempt. `attempts` has the better one first."""
    output = attempts[0].renditions[0]
    wanted = max((attempt.quality for attempt in attempts), key=lambda choice: choice.quality)
    parts = [_choice(output, wanted.quality)]
    if output.lacked_memory:
        parts.append(f"not enough memory to try: {', '.join(output.lacked_memory)}")
    if options.quality == AUTO and output.encoding is Encoding.LOSSY:
        reached = ", ".join(f"{trial.ssim:.4f} at {trial.quality}" for trial in wanted.trials)
        parts.append(f"quality by SSIM, {options.target_ssim:g} wanted: {reached}")
    if len(output.data) > source_bytes:
        parts.append(_why_larger(output, attempts))
    return "; ".join(parts)


def _choice(output: Rendition, wanted: int) -> str:
    if min(output.width, output.height) <= NARROW:
        return f"lossy was not tried: it blurs the colours of pictures whose shorter side has {NARROW} pixels or fewer"
    if output.encoding is Encoding.LOSSY and output.quality < wanted:
        return f"larger than the source at quality {wanted}, so the quality was lowered"
    if output.encoding is Encoding.MIXED:
        return "the smallest of each frame"
    if len({trial.encoding for trial in output.tried}) > 1:
        return "the smallest of what was tried" + (f" at quality {wanted} or better" if output.least_bytes else "")
    if output.is_sampled:
        return "the smallest of what was tried for some of the frames"
    return "the only one that was tried" if output.lacked_memory else "lossless was not tried: the picture is not flat"


def _why_larger(output: Rendition, attempts: Sequence[Rendered]) -> str:
    if len(attempts) > 1:
        return f"larger than the source, also at quality {attempts[1].quality.quality}"
    if output.least_bytes is None:
        return "larger than the source"
    if attempts[0].quality.quality <= LOWEST:
        return f"larger than the source: qualities below {LOWEST} are not tried"
    return f"larger than the source, as quality {LOWEST} is too: about {output.least_bytes} bytes"
