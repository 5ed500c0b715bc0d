"""What the child process answers: a conversion in plain values, and the child's abilities."""

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
        """The longer side in pixels, by which renditions are named."""
        return max(self.width, self.height)


@dataclass(frozen=True, slots=True)
class Result:
    """The renditions, largest first. `receipt` follows the contract's schema; `thumb_hash` is in base64."""

    pictures: tuple[Picture, ...]
    receipt: Mapping[str, Any]
    thumb_hash: str
    dominant_color: str

    @property
    def data(self) -> bytes:
        """The bytes of the largest rendition."""
        return self.pictures[0].data


CONFINEMENT = ("foreign files", "network", "other processes")
"""What a child gives up access to, as far as the kernel supports it."""


@dataclass(frozen=True, slots=True)
class Abilities:
    """The engine on this machine: names of the libraries, names of the formats that it reads, and the items of
    CONFINEMENT that it has given up access to.
    """

    encoder: str
    reads: tuple[str, ...]
    without: tuple[str, ...]


def read_result(header: Mapping[str, Any], payload: bytes) -> Result:
    """The result in a child's answer.

    Raises ConversionError if the answer is an error; ValueError, KeyError or TypeError if it is malformed.
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
        raise ValueError(f"the header announces {at} bytes of pictures, but the payload has {len(payload)}")
    return Result(tuple(pictures), dict(header["receipt"]), str(header["thumb_hash"]), str(header["dominant_color"]))


def _positive(number: Any) -> int:
    if not isinstance(number, int) or number < 1:
        raise ValueError(f"{number} is not a size")
    return number
