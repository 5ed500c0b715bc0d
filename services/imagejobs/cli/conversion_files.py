"""The files of `imagejobs convert`: the source is read, the targets are checked and written.

Every check raises BadParameter, which ends the command with exit code 2 before anything is written.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import typer

from imagejobs.cli.arguments import standard_input
from imagejobs.cli.presentation.answer import CommandFailed, Failure, written_output
from imagejobs.cli.whole_files import is_same_file, require_replaceable, write_whole
from imagejobs.conversion.sandbox.result import Result

STANDARD = Path("-")
"""Standard input as IN, standard output as OUT."""


def check_target(target: Path, *, has_renditions: bool, force: bool) -> None:
    """Refuse a target that cannot be written. `force` allows a terminal."""
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
        raise _bad_target(f"{target} does not end in .webp, but the result is a WebP: use a name such as {better}")
    try:
        require_replaceable(target)
    except OSError as error:
        raise _bad_target(f"{target} cannot be written: {error.strerror}") from None


def refuse_source(source: Path, targets: Sequence[Path]) -> None:
    """Refuse a target that is the source, also under another name such as a link."""
    for target in targets:
        if is_same_file(source, target):
            raise _bad_target(
                f"{target} is the source {source}: choose another name, or replace the original with --force"
            )


def read_source(source: Path, limit: int) -> bytes:
    """The bytes of the source, at most `limit` and one more: the engine then refuses it as too large."""
    if source == STANDARD:
        return standard_input("IN").buffer.read(limit + 1)
    try:
        with source.open("rb") as file:
            return file.read(limit + 1)
    except OSError as error:
        raise typer.BadParameter(f"{source} cannot be read: {error.strerror}", param_hint="IN") from None


def picture_files(target: Path, result: Result) -> list[Path]:
    """The file of each picture: the target for the largest, and TARGET-SIDE.webp beside it for each smaller one."""
    smaller = [target.with_stem(f"{target.stem}-{picture.side}") for picture in result.pictures[1:]]
    return [target, *smaller]


def write(files: Sequence[Path], result: Result) -> None:
    """Write all pictures or none. Raises CommandFailed if a file or standard output cannot be written."""
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


def _bad_target(message: str) -> typer.BadParameter:
    return typer.BadParameter(message, param_hint="OUT")
