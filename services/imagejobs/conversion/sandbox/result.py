"""A conversion as it comes out of the child process, in plain values."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from imagejobs.conversion.errors import ConversionError, ErrorCode, MachineFault


@dataclass(frozen=True, slots=True)
class Picture:
    """The bytes of a WebP and its size in pixels."""

    width: int
    height: int
    data: bytes

    @property
    def side(self) -> int:
        """The longer of the two, by which renditions are told apart."""
        return max(self.width, self.height)


@dataclass(frozen=True, slots=True)
class Result:
    """The renditions, largest first; `receipt` is the contract's schema, `thumb_hash` is in base64."""

    pictures: tuple[Picture, ...]
    receipt: Mapping[str, Any]
    thumb_hash: str
    dominant_color: str

    @property
    def data(self) -> bytes:
        """The bytes of the largest rendition."""
        return self.pictures[0].data


CONFINEMENT = ("foreign files", "network", "other processes")
"""What a child gives up the access to, where the kernel can do it."""


@dataclass(frozen=True, slots=True)
class Abilities:
    """What the engine on this machine is and does: the libraries' names, the names of the formats that it reads, and
    what it has given up the access to.
    """

    encoder: str
    reads: tuple[str, ...]
    without: tuple[str, ...]


def read_result(header: Mapping[str, Any], payload: bytes) -> Result:
    """What a child answered.

    Raises ConversionError if it answers one; ValueError, KeyError or TypeError for an answer that makes no sense.
    """
    if "error" in header:
        error = header["error"]
        code, message = ErrorCode(error["code"]), str(error["message"])
        if error.get("is_machines") is True:
            raise MachineFault(code, message)
        raise ConversionError(code, message, retryable=error["retryable"] is True)
    pictures, at = [], 0
    for each in header["pictures"]:
        width, height, size = (_positive(each[name]) for name in ("width", "height", "bytes"))
        pictures.append(Picture(width, height, payload[at : at + size]))
        at += size
    if at != len(payload) or not pictures:
        raise ValueError(f"{at} bytes of pictures were announced, {len(payload)} came")
    return Result(tuple(pictures), dict(header["receipt"]), str(header["thumb_hash"]), str(header["dominant_color"]))


def _positive(number: Any) -> int:
    if not isinstance(number, int) or number < 1:
        raise ValueError(f"{number} is no size")
    return number
