"""The command that converts one file, without any service."""

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.filesize import decimal

from imagejobs.conversion.errors import ConversionError
from imagejobs.conversion.options import Options


def convert(
    source: Annotated[
        Path, typer.Argument(help="The image to convert.", exists=True, dir_okay=False, readable=True, metavar="IN")
    ],
    target: Annotated[Path, typer.Argument(help="The WebP file to write.", dir_okay=False, metavar="OUT")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the receipt, or the error, as JSON.")] = False,
    max_side: Annotated[
        int, typer.Option(help="The picture fits a square of this side, in pixels.", min=1, max=16383)
    ] = 1920,
    quality: Annotated[int, typer.Option(help="WebP quality.", min=1, max=99)] = 80,
) -> None:
    """Convert one image to WebP. Exits 1 with a code and a message when it cannot be converted."""
    from imagejobs.conversion.engine import convert as run

    try:
        conversion = run(_read(source), replace(Options(), max_side=max_side, quality=quality))
        _write(target, conversion.data)
    except ConversionError as error:
        _fail(error, as_json)
    receipt: dict[str, Any] = conversion.receipt.to_json()
    if as_json:
        typer.echo(json.dumps(receipt))
        return
    before, after = receipt["source"], receipt["output"]
    typer.echo(
        f"{target}: {before['width']}x{before['height']} {decimal(before['bytes'])} -> "
        f"{after['width']}x{after['height']} {decimal(after['bytes'])} in {receipt['durationMs']} ms"
    )


def _read(source: Path) -> bytes:
    limit = Options().max_bytes
    with source.open("rb") as file:
        return file.read(limit + 1)  # one more than allowed, so that the engine refuses a larger file


def _write(target: Path, data: bytes) -> None:
    try:
        target.write_bytes(data)
    except OSError as error:
        raise typer.BadParameter(f"{target} cannot be written: {error.strerror}", param_hint="OUT") from None


def _fail(error: ConversionError, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"code": error.code, "message": str(error), "retryable": error.retryable}))
    else:
        sys.stderr.write(f"imagejobs: {error} [{error.code}]\n")
    raise typer.Exit(1)
