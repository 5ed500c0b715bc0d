"""The record of a conversion, which is stored with the job."""

from dataclasses import asdict, dataclass
from typing import Any

from imagejobs.conversion.encoding.trial import Trial


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """A file: its bytes, width and height of the upright picture in pixels, frames, and SHA-256 in hexadecimal."""

    mimetype: str
    bytes: int
    width: int
    height: int
    frames: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a conversion did.

    `orientation` is the EXIF value that was applied; 1 leaves the picture as it is. `profile_converted` names the
    colour profile that was converted to sRGB. `tried` has the encodings that were tried, and `reason` explains the
    choice. `notes` are sentences about the parts of the source that were dropped or changed. `encoder` has the names
    and versions of the libraries. `duration_ms` is wall-clock time.
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
        """Whether the output has exactly the pixels of the scaled picture."""
        return self.encoding == "lossless"

    def to_json(self) -> dict[str, Any]:
        """The receipt in the contract's schema `Receipt`, without `profileConverted` if no profile was converted."""
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
