"""What a conversion did, as it is kept with the job."""

from dataclasses import asdict, dataclass
from typing import Any

from imagejobs.conversion.encoding.trial import Trial


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """One file: its size in bytes and in pixels of the upright picture, its frames, its SHA-256 in hexadecimal."""

    mimetype: str
    bytes: int
    width: int
    height: int
    frames: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """`orientation` is the EXIF value that was applied (1: none); `profile_converted` names the colour profile that was
    converted to sRGB; `tried` is what was encoded, `reason` why the first of it won, `notes` what was left out of the
    source, or mapped to SDR; `encoder` names the libraries as they report themselves; `duration_ms` is wall-clock time.
    """

    source: ImageFacts
    output: ImageFacts
    orientation: int
    profile_converted: str | None
    encoding: str
    quality: int
    tried: tuple[Trial, ...]
    reason: str
    notes: tuple[str, ...]
    encoder: str
    duration_ms: int

    @property
    def lossless(self) -> bool:
        """Whether the output repeats the pixels, once scaled, exactly."""
        return self.encoding == "lossless"

    def to_json(self) -> dict[str, Any]:
        """The contract's schema `Receipt`; `profileConverted` is left out where nothing was converted."""
        json = {
            "source": asdict(self.source),
            "output": asdict(self.output),
            "orientation": self.orientation,
            "lossless": self.lossless,
            "encoding": self.encoding,
            "quality": self.quality,
            "tried": [asdict(trial) for trial in self.tried],
            "reason": self.reason,
            "notes": list(self.notes),
            "encoder": self.encoder,
            "durationMs": self.duration_ms,
        }
        if self.profile_converted is not None:
            json["profileConverted"] = self.profile_converted
        return json
