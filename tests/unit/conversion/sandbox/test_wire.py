import io
import json
import struct

import pytest
from imagejobs.conversion.sandbox.wire import MAX_HEADER_BYTES, read_message, write_message

HEADER = {"number": 1, "list": [1.5, None, True], "text": "Jürgen"}


def raw(head: bytes, payload: bytes = b"") -> io.BytesIO:
    return io.BytesIO(struct.pack("<IQ", len(head), len(payload)) + head + payload)


def test_what_is_written_is_read_again_frame_by_frame() -> None:
    stream = io.BytesIO()
    write_message(stream, HEADER, b"payload")
    write_message(stream, {})
    write_message(stream, {"last": True}, bytes(1000))
    stream.seek(0)

    assert read_message(stream, 1000) == (HEADER, b"payload")
    assert read_message(stream, 0) == ({}, b"")
    assert read_message(stream, 1000) == ({"last": True}, bytes(1000))
    with pytest.raises(EOFError):
        read_message(stream, 1000)


def test_a_frame_is_both_lengths_the_header_and_the_payload() -> None:
    stream = io.BytesIO()
    write_message(stream, {"a": 1}, b"xyz")

    assert stream.getvalue() == b"\x08\0\0\0" + b"\x03\0\0\0\0\0\0\0" + b'{"a": 1}' + b"xyz"


def test_the_other_side_gets_it_at_once() -> None:
    raw_stream = io.BytesIO()
    stream = io.BufferedWriter(raw_stream, 1 << 16)

    write_message(stream, HEADER, b"payload")

    assert raw_stream.getvalue().endswith(b"payload")


def test_a_frame_that_ends_anywhere_is_the_other_sides_end() -> None:
    stream = io.BytesIO()
    write_message(stream, HEADER, b"payload")

    for end in range(len(stream.getvalue())):
        with pytest.raises(EOFError):
            read_message(io.BytesIO(stream.getvalue()[:end]), 100)


@pytest.mark.parametrize("lengths", [(MAX_HEADER_BYTES + 1, 0), (2, 101), (0xFFFFFFFF, 0), (2, (1 << 64) - 1)], ids=str)
def test_sizes_are_judged_before_anything_is_read(lengths: tuple[int, int]) -> None:
    stream = io.BytesIO(struct.pack("<IQ", *lengths) + b"{}")

    with pytest.raises(ValueError, match="too large"):
        read_message(stream, 100)
    assert stream.tell() == 12


def test_the_largest_sizes_are_allowed() -> None:
    head = json.dumps({"x": "y" * (MAX_HEADER_BYTES - 9)}).encode()
    assert len(head) == MAX_HEADER_BYTES

    assert read_message(raw(head, b"1" * 100), 100)[1] == b"1" * 100


@pytest.mark.parametrize(
    "head", [b"", b"{", b"[]", b"null", b'"text"', b"\xff\xfe", b'{"a": 1} and more', b"[" * 100_000, b'{"a":' * 50_000]
)
def test_nonsense_is_a_value_error(head: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the messages are the decoder's
        read_message(raw(head), 100)
