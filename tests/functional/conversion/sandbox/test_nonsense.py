"""A child under an attacker's control may send anything: its job fails, and the parent is unharmed."""

import json
import struct
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from imagejobs.conversion.errors import ConversionError
from imagejobs.conversion.options import Options
from imagejobs.conversion.sandbox import child_process
from imagejobs.conversion.sandbox.pool import Converter
from worlds.conversion_children import has_ended

READY = {"encoder": "a stand-in", "reads": ["png"], "without": []}
PROGRAM = """
import sys
from imagejobs.conversion.sandbox.wire import read_message, write_message
write_message(sys.stdout.buffer, {ready})
read_message(sys.stdin.buffer, 1 << 30)
sys.stdout.buffer.write({answer})
sys.stdout.buffer.flush()
{then}
"""
PICTURE = {"width": 2, "height": 1, "bytes": 4}
ANSWER = {"pictures": [PICTURE], "receipt": {}, "thumb_hash": "", "dominant_color": "#000000"}


def message(header: object, payload: bytes = b"") -> bytes:
    return raw_message(json.dumps(header).encode(), payload)


def raw_message(head: bytes, payload: bytes = b"") -> bytes:
    return struct.pack("<IQ", len(head), len(payload)) + head + payload


@pytest.fixture
def convert(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small: bytes) -> Iterator[Callable[..., bytes]]:
    """Convert with a child that answers with given bytes, then runs given code; returns the picture.

    If the conversion fails, the child must have ended.
    """
    interpreter, program = sys.executable, tmp_path / "program.py"
    executable = tmp_path / "python"
    executable.write_text(f'#!/bin/sh\nexec "{interpreter}" -I "{program}"\n')
    executable.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(executable))
    monkeypatch.setattr(child_process, "_END_SECONDS", 0.2)
    with Converter() as converter:

        def convert(answer: bytes, then: str = "") -> bytes:
            program.write_text(PROGRAM.format(ready=READY, answer=answer, then=then))
            assert converter.abilities().encoder == "a stand-in"
            pids = converter.pids
            try:
                return converter.convert(small, Options()).data
            except ConversionError:
                assert all(has_ended(pid) for pid in pids)
                raise

        yield convert


NONSENSE = {
    "not a message": b"nonsense, and longer than a message's head",
    "a header that is too large": struct.pack("<IQ", (1 << 20) + 1, 0) + b"{",
    "a payload that is too large": struct.pack("<IQ", 2, (1 << 29) + 1) + b"{}",
    "a header that is not JSON": raw_message(b"{{"),
    "a header that is not UTF-8": raw_message(b'{"\xff": 1}'),
    "a header that is nested too deeply": raw_message(b"[" * 100_000),
    "a header that is a list": message([]),
    "an empty header": message({}),
    "an error without a code": message({"error": {"message": "it failed", "retryable": False}}),
    "an unknown error code": message({"error": {"code": "bad_luck", "message": "", "retryable": False}}),
    "an error that is a text": message({"error": "it failed"}),
    "no picture": message({**ANSWER, "pictures": []}),
    "more bytes than announced": message(ANSWER, b"12345"),
    "fewer bytes than announced": message(ANSWER, b"123"),
    "an empty picture": message({**ANSWER, "pictures": [PICTURE, {**PICTURE, "bytes": 0}]}, b"1234"),
    "a negative size": message({**ANSWER, "pictures": [{**PICTURE, "bytes": -1}, {**PICTURE, "bytes": 5}]}, b"1234"),
    "an infinite size": message({**ANSWER, "pictures": [{**PICTURE, "bytes": float("inf")}]}, b"1234"),
    "a width that is a text": message({**ANSWER, "pictures": [{**PICTURE, "width": "two"}]}, b"1234"),
    "a width of 0": message({**ANSWER, "pictures": [{**PICTURE, "width": 0}]}, b"1234"),
    "no receipt": message({**ANSWER, "receipt": None}, b"1234"),
}


@pytest.mark.parametrize("answer", NONSENSE.values(), ids=NONSENSE)
def test_nonsense_is_a_crash(answer: bytes, convert: Callable[..., bytes]) -> None:
    with pytest.raises(ConversionError) as caught:
        convert(answer)

    assert (caught.value.code, caught.value.retryable) == ("conversion_crash", False)


@pytest.mark.parametrize(
    "name", ["not a message", "a header that is too large", "a payload that is too large", "no picture"]
)
def test_who_talks_nonsense_and_lives_on_is_killed(name: str, convert: Callable[..., bytes]) -> None:
    with pytest.raises(ConversionError) as caught:
        convert(NONSENSE[name], "sys.stdin.buffer.read()")

    assert (caught.value.code, caught.value.retryable) == ("conversion_crash", False)


@pytest.mark.parametrize(
    ("then", "code"),
    [
        ("sys.exit('std::bad_alloc')", "conversion_memory"),
        ("sys.exit('cache resources exhausted')", "conversion_memory"),
        ("sys.exit('odd')", "conversion_crash"),
        ("sys.stderr.write('memory' + 3000 * '.')", "conversion_crash"),
        ("sys.stderr.write(3000 * '.' + 'memory')", "conversion_memory"),
    ],
)
def test_the_last_words_tell_what_was_wanting(then: str, code: str, convert: Callable[..., bytes]) -> None:
    with pytest.raises(ConversionError) as caught:
        convert(b"", then)

    assert (caught.value.code, caught.value.retryable) == (code, False)


def test_the_stand_in_is_believed_when_it_makes_sense(convert: Callable[..., bytes]) -> None:
    assert convert(message(ANSWER, b"1234")) == b"1234"
