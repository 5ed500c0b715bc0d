"""The child process, which decodes untrusted files: `python -m imagejobs.conversion.sandbox.child`.

It first sends its abilities. Then it answers each request with a result or an error, until its input ends. Only
`child_process.spawn` starts it.
"""

import base64
import json
import os
import select
import shutil
import signal
import sys
import threading
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

from imagejobs.conversion.errors import ConversionError, MachineFault
from imagejobs.conversion.options import Options
from imagejobs.conversion.sandbox.confinement import (
    Limits,
    allow_cpu_seconds,
    allow_file_of,
    forbid_system_calls,
    limit_resources,
)
from imagejobs.conversion.sandbox.landlock import allow_only
from imagejobs.conversion.sandbox.result import CONFINEMENT, Abilities
from imagejobs.conversion.sandbox.wire import read_message, write_message
from imagejobs.errors import ConfigurationError

MAX_SOURCE_BYTES = 1 << 30
_LIBRARIES = ("/usr", "/lib", "/lib64", "/etc/ImageMagick-6", "/etc/ImageMagick-7", "/sys/devices/system/cpu")


def main(arguments: list[str]) -> None:
    """Give up every access that is not needed, load the image library, and serve. `arguments` is the limits as JSON."""
    limits = Limits(**json.loads(arguments[0]))
    ignore_stopping()
    limit_resources(limits)
    folder = Path.cwd()
    try:
        abilities = load_engine(folder)
    except (ConfigurationError, ConversionError) as error:
        sys.exit(str(error))
    leave_with_parent(folder)  # after load_engine: a new thread inherits its restrictions
    serve(sys.stdin.buffer, sys.stdout.buffer, limits, abilities, folder)


def load_engine(folder: Path) -> Abilities:
    """Load the image library, then give up access to all files but programs and the child's own folder.

    Raises ConfigurationError if the library is missing, MachineFault if the machine has not enough memory, disk or open
    files to load it.
    """
    from imagejobs.conversion.magick.library import encoder_name  # noqa: PLC0415 - the limits come first
    from imagejobs.conversion.magick.readable_formats import readable_formats  # noqa: PLC0415

    reads = tuple(each.name for each in readable_formats())
    files, network, processes = CONFINEMENT
    without = [network, processes] if forbid_system_calls() else []  # first: finding libseccomp runs a program
    without += [files] if allow_only(_programs(), folder) else []
    return Abilities(encoder_name(), reads, tuple(without))


def _programs() -> list[Path]:
    """The folders with code that is loaded now or later, such as numpy, or a decoder at its first use."""
    python = [*sys.path, sys.prefix, sys.base_prefix, str(Path(__file__).parents[2])]
    return [Path(each) for each in (*python, *_LIBRARIES) if each]


def serve(requests: BinaryIO, answers: BinaryIO, limits: Limits, abilities: Abilities, folder: Path) -> None:
    """Answer requests until the input ends. ImageMagick puts pixels that memory cannot hold into `folder`."""
    write_message(answers, asdict(abilities))
    while True:
        try:
            header, source = read_message(requests, MAX_SOURCE_BYTES)
        except EOFError:
            return
        allow_cpu_seconds(limits.seconds)
        allow_file_of(header["max_pixels"])
        answered = answer(header, source)
        _remove_pixels(folder)
        write_message(answers, *answered)


def _remove_pixels(folder: Path) -> None:
    """Remove files of pixels. ImageMagick leaves one behind when the file cannot become as large as the picture."""
    with suppress(OSError):  # the parent removes the folder, or notices that it is missing
        for left in folder.glob("magick-*"):
            left.unlink()


def ignore_stopping() -> None:
    """Ignore the signals that end a service. They reach all of its processes, but only the parent ends the child."""
    for each in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)


def leave_with_parent(folder: Path) -> None:
    """Remove the folder and end this process, even during a conversion, when the parent closes the pipe or dies."""
    threading.Thread(target=_watch_input, args=(sys.stdin.fileno(), folder), daemon=True).start()


def _watch_input(descriptor: int, folder: Path) -> None:
    watch = select.poll()
    watch.register(descriptor, 0)  # no events but the hang-up, which poll always reports
    watch.poll()
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(0)


def answer(header: dict[str, Any], source: bytes) -> tuple[dict[str, Any], bytes]:
    """Convert a file. Returns the header and the payload of the answer, which is a result or an error."""
    from imagejobs.conversion.engine import convert  # noqa: PLC0415 - see load_engine

    try:
        conversion = convert(source, Options(**{**header, "renditions": tuple(header["renditions"])}))
    except ConversionError as error:
        return {"error": _described(error)}, b""
    pictures = [{"width": r.width, "height": r.height, "bytes": len(r.data)} for r in conversion.renditions]
    found = conversion.placeholder
    header = {
        "pictures": pictures,
        "receipt": conversion.receipt.to_json(),
        "thumb_hash": base64.b64encode(found.thumb_hash).decode(),
        "dominant_color": found.dominant_color,
    }
    return header, b"".join(rendition.data for rendition in conversion.renditions)


def _described(error: ConversionError) -> dict[str, Any]:
    is_machines = isinstance(error, MachineFault)
    return {"code": error.code, "message": error.message, "retryable": error.retryable, "is_machines": is_machines}


if __name__ == "__main__":
    main(sys.argv[1:])
