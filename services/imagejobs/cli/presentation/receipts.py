"""Shows the receipt of a conversion to people."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from rich.console import RenderableType
from rich.filesize import decimal

from imagejobs.cli.presentation.lines import names_and_values
from imagejobs.conversion.sandbox.result import Result


def receipt_view(files: Sequence[Path], result: Result) -> RenderableType:
    """The source, each written file, what was tried and chosen, and notes."""
    return names_and_values(_rows(files, result))


def _rows(files: Sequence[Path], result: Result) -> Iterable[tuple[str, str]]:
    receipt, source = result.receipt, result.receipt["source"]
    yield "source", _facts(source["width"], source["height"], source["bytes"], source["mimetype"])
    for file, picture in zip(files, result.pictures, strict=True):
        yield "output", _facts(picture.width, picture.height, len(picture.data), f"{file}")
    for trial in receipt["tried"]:
        yield "tried", f"{trial['encoding']} {trial['quality']}: {decimal(trial['bytes'])}"
    yield "chosen", f"{receipt['encoding']}: {receipt['reason']}"
    if receipt["orientation"] > 1:
        yield "turned", f"EXIF orientation {receipt['orientation']}"
    if "profileConverted" in receipt:
        yield "colours", f"{receipt['profileConverted']} to sRGB"
    for note in receipt["notes"]:
        yield "note", note
    yield "placeholder", f"ThumbHash {result.thumb_hash}, {result.dominant_color}"
    yield "took", f"{receipt['durationMs']} ms, {receipt['encoder']}"


def _facts(width: int, height: int, size: int, name: str) -> str:
    return f"{width}x{height} {decimal(size)} {name}"
