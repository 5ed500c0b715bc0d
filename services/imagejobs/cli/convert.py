"""`imagejobs convert`: converts one file, without any service."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from imagejobs.cli.conversion_files import STANDARD, check_target, picture_files, read_source, refuse_source, write
from imagejobs.cli.presentation.answer import Answer, Failure, take_standard_output
from imagejobs.cli.presentation.receipts import receipt_view
from imagejobs.conversion.errors import ConversionError
from imagejobs.conversion.sandbox.pool import Converter
from imagejobs.conversion.sandbox.result import Result
from imagejobs.settings.conversion import ConversionSettings, Quality, parse_quality
from imagejobs.settings.settings import load_conversion_settings
from imagejobs.value_ranges import WEBP_MAX_SIDE
from imagejobs.wiring.conversion import conversion_limits, conversion_options


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
        typer.Option(help="The longer side, in pixels, at most. Default: MAX_SIDE.", min=1, max=WEBP_MAX_SIDE),
    ] = None,
    rendition: Annotated[
        list[int] | None,
        typer.Option(
            help="Also write a smaller rendition with this longer side, as OUT-SIDE.webp. May be repeated. "
            "Default: RENDITIONS.",
            min=1,
            max=WEBP_MAX_SIDE,
        ),
    ] = None,
    quality: Annotated[
        str | None, typer.Option(help="WebP quality, 1 to 99, or auto. Default: WEBP_QUALITY.", callback=_quality)
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Allow OUT to replace IN, and to be a terminal.")] = False,
) -> Answer:
    """Convert one image to WebP, in a child process, with the settings of a worker.

    If OUT is another file that exists, it is replaced. After a failure nothing is written.
    """
    check_target(target, has_renditions=bool(rendition), force=force)
    settings = _settings(
        max_side=max_side,
        renditions=() if target == STANDARD else rendition and tuple(rendition),
        webp_quality=quality,
    )
    if not force:
        refuse_source(source, [target])
    with Converter(conversion_limits(settings)) as converter:
        try:
            result = converter.convert(read_source(source, settings.max_upload_bytes), conversion_options(settings))
        except ConversionError as error:
            failure = Failure(error.code, str(error), {"retryable": error.retryable}, shows_code=True)
            return Answer(failure=failure)
    files = picture_files(target, result)
    if not force:
        refuse_source(source, files)
    write(files, result)
    return Answer(_data(files, result), receipt_view(files, result))


def _settings(**options: object) -> ConversionSettings:
    """The settings. An option that was given replaces its setting."""
    return load_conversion_settings(**{name: value for name, value in options.items() if value is not None})


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
