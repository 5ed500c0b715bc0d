"""The settings that a conversion depends on, wherever it runs: in a worker, or in `imagejobs convert`."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, PositiveInt
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from imagejobs.value_ranges import LEAST_QUALITY, LEAST_SSIM, MAX_RENDITIONS, MOST_QUALITY, MOST_SSIM, WEBP_MAX_SIDE

SOURCES = SettingsConfigDict(env_file=".env", extra="ignore", frozen=True, env_ignore_empty=True)
"""Where every setting is read from."""
Quality = int | Literal["auto"]
"""Of a lossy WebP: libwebp's, 1 to 99, or found for each picture."""
Side = Annotated[int, Field(ge=1, le=WEBP_MAX_SIDE)]


def split_commas(value: object) -> object:
    """The parts of a list as people write it; empty ones are left out."""
    if isinstance(value, str):
        return tuple(part for part in (piece.strip() for piece in value.split(",")) if part)
    return value


def parse_quality(value: object) -> Quality:
    """A quality as people write it, or as it is kept. Raises ValueError for anything else."""
    if value == "auto":
        return "auto"
    number = int(value) if isinstance(value, str) and value.isdecimal() else value
    if not isinstance(number, int) or not LEAST_QUALITY <= number <= MOST_QUALITY:
        raise ValueError(f"{value!r} is not {LEAST_QUALITY} to {MOST_QUALITY} or auto")
    return number


FurtherSides = Annotated[
    tuple[Side, ...], NoDecode, BeforeValidator(split_commas), Field(max_length=MAX_RENDITIONS - 1)
]
"""Those of the renditions beside the largest, whose side is MAX_SIDE."""


class ConversionSettings(BaseSettings):
    """What a source may be, what is made of it, and what that may take."""

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
        """The part of CONVERSION_MEMORY_BYTES that is left for a picture: the rest is Python and the libraries."""
        return self.conversion_memory_bytes - 100_000_000
