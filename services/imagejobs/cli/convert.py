"""The command that converts one file, without any service."""

import sys
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import Annotated, Any

import typer

from imagejobs.cli.arguments import standard_input
from imagejobs.cli.presentation.answer import Answer, CommandFailed, Failure, take_standard_output, written_output
from imagejobs.cli.presentation.receipts import receipt_view
from imagejobs.cli.whole_files import is_same_file, require_replaceable, write_whole
from imagejobs.conversion.errors import ConversionError
from imagejobs.conversion.sandbox.pool import Converter
from imagejobs.conversion.sandbox.result import Result
from imagejobs.settings.conversion import ConversionSettings, Quality, parse_quality
from imagejobs.settings.settings import load_conversion_settings
from imagejobs.value_ranges import WEBP_MAX_SIDE
from imagejobs.wiring.conversion import conversion_limits, conversion_options

STANDARD = Path("-")
"""Standard input in the place of IN, standard output in the place of OUT."""


def _quality(text: str | None) -> Quality | None:
    try:
        return None if text is None else parse_quality(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def _target(target: Path) -> Path:
    if target == STANDARD:
        take_standard_output()
    return target


def convert(
    source: Annotated[Path, typer.Argument(help="The image to convert; - is standard input.", metavar="IN")],
    target: Annotated[
        Path,
        typer.Argument(
            help="The .webp file to write or to replace; - is standard output.",
            metavar="OUT",
            callback=_target,
            is_eager=True,
        ),
    ],
    max_side: Annotated[
        int | None,
        typer.Option(
            help="The picture fits a square of this side, in pixels. Default: MAX_SIDE.", min=1, max=WEBP_MAX_SIDE
        ),
    ] = None,
    rendition: Annotated[
        list[int] | None,
        typer.Option(
            help="A smaller side to make too, as OUT-SIDE.webp. May be repeated. Default: RENDITIONS.",
            min=1,
            max=16383,
        ),
    ] = None,
    quality: Annotated[
        str | None, typer.Option(help="WebP quality, 1 to 99, or auto. Default: WEBP_QUALITY.", callback=_quality)
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace IN itself, or write to a terminal.")] = False,
) -> Answer:
    """Convert one image to WebP, in a child process, with the settings of a worker.

    Another file of the name OUT is replaced. After a failure nothing is written.
    """
    _check_target(target, has_renditions=bool(rendition), force=force)
    settings = _settings(
        max_side=max_side,
        renditions=() if target == STANDARD else rendition and tuple(rendition),
        webp_quality=quality,
    )
    replaceable = () if force else (source,)
    _refuse_sources(replaceable, [target])
    with Converter(conversion_limits(settings)) as converter:
        try:
            result = converter.convert(_read(source, settings.max_upload_bytes), conversion_options(settings))
        except ConversionError as error:
            failure = Failure(error.code, str(error), {"retryable": error.retryable}, shows_code=True)
            return Answer(failure=failure)
    files = [rendition_file(target, each.side) if number else target for number, each in enumerate(result.pictures)]
    _refuse_sources(replaceable, files)
    _write(files, result)
    return Answer(_data(files, result), receipt_view(files, result))


def rendition_file(target: Path, side: int) -> Path:
    """The file of a smaller rendition, beside that of the largest."""
    return target.with_stem(f"{target.stem}-{side}")


def _settings(**options: object) -> ConversionSettings:
    """The settings; options that were given go before them."""
    return load_conversion_settings(**{name: value for name, value in options.items() if value is not None})


def _check_target(target: Path, *, has_renditions: bool, force: bool) -> None:
    """Raises BadParameter for a target that cannot be written, before anything is converted."""
    if target == STANDARD:
        if has_renditions:
            raise _bad_target("standard output takes one picture: name a file, or leave out --rendition")
        if sys.stdout is None:  # as after `>&-`
            raise _bad_target("standard output is closed: name a file")
        if sys.stdout.isatty() and not force:
            raise _bad_target("standard output is a terminal: redirect it to a file or a program, or add --force")
        return
    if target.suffix.lower() != ".webp":
        better = target.with_suffix(".webp") if target.name else "out.webp"
        raise _bad_target(f"{target} does not end in .webp, and the result is a WebP: take a name such as {better}")
    try:
        require_replaceable(target)
    except OSError as error:
        raise _bad_target(f"{target} cannot be written: {error.strerror}") from None


def _refuse_sources(sources: Sequence[Path], targets: Sequence[Path]) -> None:
    """Raises BadParameter where a target is a source, by whatever name."""
    for source, target in product(sources, targets):
        if is_same_file(source, target):
            raise _bad_target(
                f"{target} is the source {source}: choose another name, or replace the original with --force"
            )


def _bad_target(message: str) -> typer.BadParameter:
    return typer.BadParameter(message, param_hint="OUT")


def _read(source: Path, limit: int) -> bytes:
    """One byte more than allowed, so that the engine refuses a larger file."""
    if source == STANDARD:
        return standard_input("IN").buffer.read(limit + 1)
    try:
        with source.open("rb") as file:
            return file.read(limit + 1)
    except OSError as error:
        raise typer.BadParameter(f"{source} cannot be read: {error.strerror}", param_hint="IN") from None


def _write(files: Sequence[Path], result: Result) -> None:
    if files == [STANDARD]:
        with written_output():
            sys.stdout.buffer.write(result.data)
            sys.stdout.buffer.flush()
        return
    try:
        write_whole({file: picture.data for file, picture in zip(files, result.pictures, strict=True)})
    except OSError as error:
        message = f"{error.filename} cannot be written: {error.strerror}"
        raise CommandFailed(Failure("not_written", message)) from None


def _data(files: Sequence[Path], result: Result) -> dict[str, Any]:
    outputs = [
        {"file": str(file), "width": picture.width, "height": picture.height, "bytes": len(picture.data)}
        for file, picture in zip(files, result.pictures, strict=True)
    ]
    return {
        "outputs": outputs,
        "thumbHash": result.thumb_hash,
        "dominantColor": result.dominant_color,
        "receipt": dict(result.receipt),
    }
