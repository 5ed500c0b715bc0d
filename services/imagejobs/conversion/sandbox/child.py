"""The process in which strangers' files are decoded: `python -m imagejobs.conversion.sandbox.child`.

It says first what it is able to do, then answers each request with a result or an error, until its input ends. Only
`process` starts it.
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
    """Give up what is not needed, load the image library, and serve. `arguments` holds the limits as JSON."""
    limits = Limits(**json.loads(arguments[0]))
    ignore_stopping()
    limit_resources(limits)
    folder = Path.cwd()
    try:
        abilities = load_engine(folder)
    except (ConfigurationError, ConversionError) as error:
        sys.exit(str(error))
    leave_with_parent(folder)  # its thread is bound by what was given up before
    serve(sys.stdin.buffer, sys.stdout.buffer, limits, abilities, folder)


def load_engine(folder: Path) -> Abilities:
    """Load the image library, then give up all but programs' files and the own folder.

    Raises ConfigurationError without the library, MachineFault where the machine has too little to find out.
    """
    from imagejobs.conversion.magick.image import encoder_name  # noqa: PLC0415 - the limits come first
    from imagejobs.conversion.magick.readable_formats import readable_formats  # noqa: PLC0415

    reads = tuple(each.name for each in readable_formats())
    files, network, processes = CONFINEMENT
    without = [network, processes] if forbid_system_calls() else []  # first: libseccomp is found by a program
    without += [files] if allow_only(_programs(), folder) else []
    return Abilities(encoder_name(), reads, tuple(without))


def _programs() -> list[Path]:
    """Where Python and the libraries load from, also later: numpy, or a decoder that is needed for the first time."""
    python = [*sys.path, sys.prefix, sys.base_prefix, str(Path(__file__).parents[2])]
    return [Path(each) for each in (*python, *_LIBRARIES) if each]


def serve(requests: BinaryIO, answers: BinaryIO, limits: Limits, abilities: Abilities, folder: Path) -> None:
    """Answer requests until there are no more; `folder` is where ImageMagick puts what memory cannot hold."""
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
    """ImageMagick forgets its file when it cannot be made as large as the picture."""
    with suppress(OSError):  # the parent removes the folder, or finds that it is gone
        for left in folder.glob("magick-*"):
            left.unlink()


def ignore_stopping() -> None:
    """Leave it to the parent when to end: who stops the service signals all of its processes, also in mid-job."""
    for each in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)


def leave_with_parent(folder: Path) -> None:
    """Remove the folder and end this process when its input is closed at the other end, also in mid-conversion."""
    threading.Thread(target=_watch_input, args=(sys.stdin.fileno(), folder), daemon=True).start()


def _watch_input(descriptor: int, folder: Path) -> None:
    watch = select.poll()
    watch.register(descriptor, 0)  # nothing but the hang-up, which is always reported
    watch.poll()
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(0)


def answer(header: dict[str, Any], source: bytes) -> tuple[dict[str, Any], bytes]:
    """Convert; the header and the payload of the frame that tells what came out, or the error."""
    from imagejobs.conversion.engine import convert  # noqa: PLC0415 - see load_engine

    try:
        conversion = convert(source, Options(**{**header, "renditions": tuple(header["renditions"])}))
    except ConversionError as error:
        return {"error": _described(error)}, b""
    pictures = [{"width": r.width, "height": r.height, "bytes": len(r.data)} for r in conversion.renditions]
    found = conversion.placeholder
    told = {
        "pictures": pictures,
        "receipt": conversion.receipt.to_json(),
        "thumb_hash": base64.b64encode(found.thumb_hash).decode(),
        "dominant_color": found.dominant_color,
    }
    return told, b"".join(rendition.data for rendition in conversion.renditions)


def _described(error: ConversionError) -> dict[str, Any]:
    is_machines = isinstance(error, MachineFault)
    return {"code": error.code, "message": error.message, "retryable": error.retryable, "is_machines": is_machines}


if __name__ == "__main__":
    main(sys.argv[1:])
