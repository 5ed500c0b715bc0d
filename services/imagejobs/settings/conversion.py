"""The settings of a conversion, in a worker and in `imagejobs convert`."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, PositiveInt
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from imagejobs.value_ranges import LEAST_QUALITY, LEAST_SSIM, MAX_RENDITIONS, MOST_QUALITY, MOST_SSIM, WEBP_MAX_SIDE

SOURCES = SettingsConfigDict(env_file=".env", extra="ignore", frozen=True, env_ignore_empty=True)
"""How every class of settings is read: the environment, then `.env`; an empty variable counts as unset."""
Quality = int | Literal["auto"]
"""The quality of a lossy WebP: libwebp's number, 1 to 99, or `auto`, which finds one for each picture."""
Side = Annotated[int, Field(ge=1, le=WEBP_MAX_SIDE)]


def split_commas(value: object) -> object:
    """Split a list that is separated by commas; empty parts are left out."""
    if isinstance(value, str):
        return tuple(part for part in (piece.strip() for piece in value.split(",")) if part)
    return value


def parse_quality(value: object) -> Quality:
    """Read a quality from a setting or from a stored job. Raises ValueError."""
    if value == "auto":
        return "auto"
    number = int(value) if isinstance(value, str) and value.isdecimal() else value
    if not isinstance(number, int) or not LEAST_QUALITY <= number <= MOST_QUALITY:
        raise ValueError(f"{value!r} is not a number from {LEAST_QUALITY} to {MOST_QUALITY}, or auto")
    return number


FurtherSides = Annotated[
    tuple[Side, ...], NoDecode, BeforeValidator(split_commas), Field(max_length=MAX_RENDITIONS - 1)
]
"""The sides of the renditions that are made beside the largest one, whose side is MAX_SIDE."""


class ConversionSettings(BaseSettings):
    """Limits for a source, the renditions to make of it, and the time and memory that a conversion may use."""

    model_config = SOURCES

    max_upload_bytes: PositiveInt = 25_000_000
    max_pixels: PositiveInt = 52_000_000
    max_frames: PositiveInt = 300
    max_side: Side = 1920
    renditions: FurtherSides = ()
    webp_quality: Annotated[Quality, BeforeValidator(parse_quality)] = 80
    target_ssim: float = Field(0.98, ge=LEAST_SSIM, le=MOST_SSIM)
    conversion_seconds: PositiveInt = 60
    conversion_memory_bytes: int = Field(600_000_000, ge=300_000_000)

    @property
    def max_decoding_bytes(self) -> int:
        """The part of CONVERSION_MEMORY_BYTES that a picture may use. Python and the libraries need the rest."""
        return self.conversion_memory_bytes - 100_000_000
