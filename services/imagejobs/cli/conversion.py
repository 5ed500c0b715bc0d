"""The command that converts one file, without any service."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from imagejobs.cli.tables import console_for, receipt_table
from imagejobs.conversion.errors import ConversionError
from imagejobs.conversion.isolated.pool import Converter
from imagejobs.conversion.isolated.result import Result
from imagejobs.conversion.options import Options
from imagejobs.settings import Quality, parse_quality


def _quality(text: str) -> Quality:
    try:
        return parse_quality(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def convert(
    source: Annotated[
        Path, typer.Argument(help="The image to convert.", exists=True, dir_okay=False, readable=True, metavar="IN")
    ],
    target: Annotated[Path, typer.Argument(help="The WebP file to write.", dir_okay=False, metavar="OUT")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the receipt, or the error, as JSON.")] = False,
    max_side: Annotated[
        int, typer.Option(help="The picture fits a square of this side, in pixels.", min=1, max=16383)
    ] = 1920,
    rendition: Annotated[
        list[int] | None,
        typer.Option(help="A smaller side to make too, as OUT-SIDE.webp. May be repeated.", min=1, max=16383),
    ] = None,
    quality: Annotated[str, typer.Option(help="WebP quality, 1 to 99, or auto.", callback=_quality)] = "80",
) -> None:
    """Convert one image to WebP, in a child process. Exits 1 with a code and a message when it cannot be converted."""
    options = Options(max_side=max_side, renditions=tuple(rendition or ()), quality=parse_quality(quality))
    try:
        with Converter() as converter:
            result = converter.convert(_read(source, options.max_bytes), options)
    except ConversionError as error:
        _fail(error, as_json)
    files = _write(target, result)
    if as_json:
        typer.echo(json.dumps(dict(result.receipt)))
    else:
        console_for().print(receipt_table(files, result))


def _read(source: Path, limit: int) -> bytes:
    with source.open("rb") as file:
        return file.read(limit + 1)  # one more than allowed, so that the engine refuses a larger file


def _write(target: Path, result: Result) -> list[Path]:
    files: list[Path] = []
    try:
        for picture in result.pictures:
            files.append(target.with_stem(f"{target.stem}-{picture.side}") if files else target)
            files[-1].write_bytes(picture.data)
    except OSError as error:
        raise typer.BadParameter(f"{files[-1]} cannot be written: {error.strerror}", param_hint="OUT") from None
    return files


def _fail(error: ConversionError, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"code": error.code, "message": str(error), "retryable": error.retryable}))
    else:
        sys.stderr.write(f"imagejobs: {error} [{error.code}]\n")
    raise typer.Exit(1)
