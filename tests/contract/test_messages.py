"""Anything on the list: valid messages arrive once, other workers' stay, all else becomes a dead letter, unchanged.

jsonschema decides which messages are valid, independently of the code under test.
"""

import base64
import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from typing import Any

import pytest
from contract.schema import EXAMPLES
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from imagejobs.contract.files import contract_file
from imagejobs.queue_adapter import adapter as adapter_module
from imagejobs.queue_adapter.adapter import HIGH_WATER, QueueAdapter
from imagejobs.task_queue.memory_task_queue import MemoryTaskQueue, MemoryTaskQueueConsumer
from imagejobs.task_queue.task_queue import QueueUnavailable
from jsonschema import Draft202012Validator
from servers.contract_stub import generated_from, repeatable

SCHEMA = json.loads(contract_file("task_queue.schema.json").read_bytes())
(EXAMPLE,) = SCHEMA["examples"]
ID = EXAMPLE["payload"]["imageJobID"]
TYPE = "process_image"


@pytest.fixture(scope="module", autouse=True)
def _no_waiting() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(adapter_module, "TAKE_SECONDS", 0.0)
        yield


def exact(schema: Any) -> Any:
    """The schema with `\\Z` for `$`: in JSON Schema `$` is the end; in Python, for jsonschema, a newline may follow."""
    if isinstance(schema, dict):
        return {
            name: each.removesuffix("$") + r"\Z" if name == "pattern" else exact(each) for name, each in schema.items()
        }
    return schema


JUDGE = Draft202012Validator(exact(SCHEMA))

OURS, ANOTHERS, NONE = "ours", "another worker's", "no message"


def kind(raw: bytes) -> str:
    """The expected kind of a message: by the schema, and by the guide's rule for other task types.

    A valid message must also be UTF-8 without a byte order mark and have each name once, as all JSON readers demand.
    """
    try:
        message = json.loads(raw.decode())
    except (ValueError, RecursionError):
        return NONE
    if not isinstance(message, dict) or not isinstance(message.get("task_type"), str):
        return NONE
    if message["task_type"] != TYPE:
        return ANOTHERS
    try:
        return OURS if JUDGE.is_valid(message) and is_unambiguous(raw) else NONE
    except RecursionError:
        return NONE


def is_unambiguous(raw: bytes) -> bool:
    objects: list[list[str]] = []
    json.loads(raw, object_pairs_hook=lambda members: objects.append([name for name, _ in members]))
    return all(len(names) == len(set(names)) for names in objects)


def read_id(raw: bytes) -> str:
    return str(json.loads(raw)["payload"]["imageJobID"]).lower()


class Consumer(MemoryTaskQueueConsumer):
    """Checks the adapter's order: it acknowledges a message only after it has handed it on."""

    def __init__(self, queue: MemoryTaskQueue, handed_on: list[str]) -> None:
        super().__init__(queue, "a")
        self._handed_on = handed_on

    def settle(self, raw: bytes) -> None:
        assert read_id(raw) in self._handed_on, "acknowledged before it was handed on"
        super().settle(raw)


class Rounds(threading.Event):
    """A stop signal that comes after `number` rounds; waiting for it returns at once."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self._left = number

    def is_set(self) -> bool:
        self._left -= 1
        return self._left < 0

    def wait(self, timeout: float | None = None) -> bool:
        assert timeout is not None
        return False


@dataclass
class Dramatiq:
    """Dramatiq's queue. Each push takes the next of `outages` and fails if it is true; `lengths` are the lengths."""

    handed_on: list[str]
    outages: Iterator[bool] = field(default_factory=lambda: repeat(False))
    lengths: Iterator[int] = field(default_factory=lambda: repeat(0))

    def push(self, image_job_ids: Sequence[str]) -> None:
        if next(self.outages, False):
            raise QueueUnavailable("Connection refused")
        self.handed_on += image_job_ids

    def length(self) -> int:
        return next(self.lengths)


@dataclass
class Ended:
    """Where the messages are at the end."""

    handed_on: list[str]
    dead: Counter[bytes]
    left: Counter[bytes]
    unsettled: list[bytes]


def moved(messages: list[bytes], outages: Sequence[bool] = ()) -> Ended:
    """Run the adapter until each message had its turn; `outages` says which of the first pushes fail."""
    queue, handed_on = MemoryTaskQueue(), list[str]()

    for raw in messages:
        queue.push_raw(raw)
    consumer = Consumer(queue, handed_on)
    QueueAdapter(consumer, Dramatiq(handed_on, iter(outages))).run(Rounds(len(messages) + sum(outages)))
    dead = Counter(base64.b64decode(json.loads(letter)["base64"]) for letter in queue.dead)
    return Ended(handed_on, dead, Counter(queue.messages), list(consumer.unsettled()))


def check(messages: list[bytes], outages: Sequence[bool] = ()) -> None:
    kinds = {raw: kind(raw) for raw in messages}
    ended = moved(messages, outages)
    assert ended.handed_on == [read_id(raw) for raw in messages if kinds[raw] == OURS]
    assert ended.dead == Counter(raw for raw in messages if kinds[raw] == NONE)
    assert ended.left == Counter(raw for raw in messages if kinds[raw] == ANOTHERS)
    assert ended.unsettled == []


def written(message: Any) -> bytes:
    """The message as bytes; a negated message may already be bytes that are not JSON."""
    return message if isinstance(message, bytes) else json.dumps(message).encode()


VALID = generated_from(SCHEMA).map(written)
NEGATED = generated_from(SCHEMA, valid=False).map(written)
SPACES = st.sampled_from([b"", b" ", b"\n\t", b"\r\n"])
SPLICES = st.sampled_from(
    [
        *(b'"', b"{", b"}", b"[", b"]", b",", b":", b"\\", b"\0", b"\\u0000", b"\\ud800", b"\xff", b"\xc3\xa9"),
        *(b"null", b"NaN", b"-Infinity", b"1e999", b"9" * 5_000, b"-0", b"0x1F", b"//", b"/**/"),
        *(b"\xef\xbb\xbf", b"\xff\xfe", b"\n", b"\xe2\x80\xa8", b"[" * 2_000, b'{"":' * 400),
        *(b'"task_type":"process_image",', b'"task_type":"send_mail",', b'"payload":{},', b'"imageJobID":"7",'),
    ]
)


def flipped(data: bytearray, at: int, bit: int, _: bytes) -> bytearray:
    data[at] ^= 1 << bit
    return data


def cut(data: bytearray, at: int, _: int, __: bytes) -> bytearray:
    return data[:at]


def beheaded(data: bytearray, at: int, _: int, __: bytes) -> bytearray:
    return data[at:]


def taken_out(data: bytearray, at: int, length: int, _: bytes) -> bytearray:
    return data[:at] + data[at + length + 1 :]


def put_in(data: bytearray, at: int, _: int, splice: bytes) -> bytearray:
    return data[:at] + splice + data[at:]


def replaced(data: bytearray, at: int, length: int, splice: bytes) -> bytearray:
    return data[:at] + splice + data[at + length + 1 :]


def doubled(data: bytearray, at: int, length: int, _: bytes) -> bytearray:
    return data[: at + length] + data[at:]


CHANGES: list[Callable[[bytearray, int, int, bytes], bytearray]] = [
    flipped,
    cut,
    beheaded,
    taken_out,
    put_in,
    replaced,
    doubled,
]


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """The bytes of a valid message after one to three changes."""
    data = bytearray(draw(VALID))
    for _ in range(draw(st.integers(1, 3))):
        if data:
            at = draw(st.integers(0, len(data) - 1))
            splice = draw(SPLICES | st.binary(max_size=4))
            data = draw(st.sampled_from(CHANGES))(data, at, draw(st.integers(0, 7)), splice)
    return bytes(data)


ENCODED = st.builds(
    lambda raw, encoding: raw.decode().encode(encoding),
    VALID,
    st.sampled_from(["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-7", "cp037"]),
)
TOGETHER = st.builds(lambda first, between, second: first + between + second, VALID, SPACES, VALID)
SPACED = st.builds(lambda before, raw, after: before + raw + after, SPACES, VALID, SPACES)
ANYTHING = st.one_of(VALID, SPACED, NEGATED, mutated(), ENCODED, TOGETHER, st.binary(max_size=40))

often = settings(repeatable, max_examples=10 * EXAMPLES, suppress_health_check=[HealthCheck.too_slow])


def said(**changes: Any) -> bytes:
    return json.dumps(EXAMPLE | changes).encode()


ONE = said()

ROWS = {
    "the example": (ONE, OURS),
    "upper case": (said(payload={"imageJobID": ID.upper()}), OURS),
    "spaces": (b" \n" + json.dumps(EXAMPLE, indent=2).encode() + b"\r\n\t", OURS),
    "written with escapes": (ONE.replace(b"process_image", b"\\u0070rocess_im\\u0061ge"), OURS),
    "the key escaped": (ONE.replace(b"imageJobID", b"image\\u004aobID"), OURS),
    "a key said twice, the last one good": (b'{"payload":7,' + ONE[1:], NONE),
    "a key said twice, the last one bad": (ONE[:-1] + b',"payload":{}}', NONE),
    "another's type, then ours": (b'{"task_type":"send_mail",' + ONE[1:], NONE),
    "our type, then another's": (ONE[:-1] + b',"task_type":"send_mail"}', ANOTHERS),
    "a byte order mark": (b"\xef\xbb\xbf" + ONE, NONE),
    "UTF-16": (ONE.decode().encode("utf-16"), NONE),
    "UTF-16 without a mark": (ONE.decode().encode("utf-16-le"), NONE),
    "half of UTF-16": (ONE.decode().encode("utf-16")[:-1], NONE),
    "a good key said twice": (ONE[:-1] + b"," + ONE[1:], NONE),
    "another worker's": (said(task_type="send_mail"), ANOTHERS),
    "another worker's with no payload": (b'{"task_type":""}', ANOTHERS),
    "our type in upper case": (said(task_type="PROCESS_IMAGE"), ANOTHERS),
    "our type and a space": (said(task_type="process_image "), ANOTHERS),
    "our type and a NUL": (said(task_type="process_image\0"), ANOTHERS),
    "no type": (json.dumps({"payload": EXAMPLE["payload"]}).encode(), NONE),
    "a type that is a list": (said(task_type=[TYPE]), NONE),
    "another key": (said(priority=1), NONE),
    "another key in the payload": (said(payload={"imageJobID": ID, "size": 1}), NONE),
    "another name of the key": (said(payload={"imageJobId": ID}), NONE),
    "a payload that is text": (said(payload=json.dumps(EXAMPLE["payload"])), NONE),
    "an id that ends with a newline": (said(payload={"imageJobID": ID + "\n"}), NONE),
    "an id that is too short": (said(payload={"imageJobID": ID[1:]}), NONE),
    "an id in other digits": (said(payload={"imageJobID": "٣" * 24}), NONE),
    "an id that is half a surrogate pair": (said(payload={"imageJobID": "\ud800"}), NONE),
    "an id that is a number": (said(payload={"imageJobID": int("1" * 24)}), NONE),
    "a number of 5,000 digits": (ONE.replace(b'"' + ID.encode() + b'"', b"9" * 5_000), NONE),
    "NaN": (b'{"task_type":"process_image","payload":NaN}', NONE),
    "deep": (b"[" * 100_000, NONE),
    "a deep payload": (b'{"task_type":"process_image","payload":' + b"[" * 900 + b"]" * 900 + b"}", NONE),
    "text that is a message": (json.dumps(ONE.decode()).encode(), NONE),
    "a list of one": (b"[" + ONE + b"]", NONE),
    "two at once": (ONE + ONE, NONE),
    "two lines": (ONE + b"\n" + ONE, NONE),
    "a NUL after it": (ONE + b"\0", NONE),
    "a NUL before it": (b"\0" + ONE, NONE),
    "single quotes": (ONE.replace(b'"', b"'"), NONE),
    "a comma too many": (ONE[:-1] + b",}", NONE),
    "a comment": (ONE + b"// now", NONE),
    "nothing": (b"", NONE),
    "a megabyte of zeros": (b"\0" * 1_000_000, NONE),
    "a megabyte of spaces before it": (b" " * 1_000_000 + ONE, OURS),
}


@pytest.mark.parametrize(("raw", "expected"), ROWS.values(), ids=ROWS)
def test_a_message_is_handed_on_left_or_kept_in_the_dead_list(raw: bytes, expected: str) -> None:
    assert kind(raw) == expected
    check([raw])
    check([ONE, raw, ONE])


@often
@given(VALID)
def test_every_message_of_the_schema_arrives_once(raw: bytes) -> None:
    assert kind(raw) == OURS
    ended = moved([raw])
    assert ended.handed_on == [read_id(raw)]
    assert not ended.dead
    assert not ended.left


@often
@given(NEGATED)
@example(written({"task_type": 7, "payload": EXAMPLE["payload"]}))
def test_what_breaks_the_schema_never_arrives(raw: bytes) -> None:
    ended = moved([raw])
    assert ended.handed_on == ([read_id(raw)] if kind(raw) == OURS else [])
    assert sum((ended.dead + ended.left).values()) == 1 - len(ended.handed_on)


@often
@given(mutated())
def test_damaged_bytes_are_kept_as_they_came(raw: bytes) -> None:
    check([raw])


@often
@given(ENCODED | TOGETHER | SPACED | st.binary(max_size=40))
def test_other_encodings_and_messages_glued_together_are_kept_too(raw: bytes) -> None:
    check([raw])


@often
@given(st.lists(ANYTHING, max_size=12))
def test_none_of_them_stands_in_the_way_of_the_others(messages: list[bytes]) -> None:
    check(messages)


@often
@given(st.lists(ANYTHING, max_size=8), st.lists(st.booleans(), max_size=8))
def test_outages_neither_lose_nor_repeat_what_was_not_handed_on(messages: list[bytes], outages: list[bool]) -> None:
    check(messages, outages)


def test_each_change_is_among_the_damages_and_most_of_them_break_a_message() -> None:
    damaged = {change.__name__: bytes(change(bytearray(ONE), len(ONE) // 2, 3, b"x")) for change in CHANGES}
    assert {name: kind(raw) for name, raw in damaged.items()} == dict.fromkeys(damaged, NONE)


def test_messages_arrive_even_when_dramatiq_has_no_room_for_a_while() -> None:
    queue, handed_on = MemoryTaskQueue(), list[str]()
    queue.push([ID] * 3)
    lengths = iter([HIGH_WATER, HIGH_WATER, HIGH_WATER - 1, 0])
    adapter = QueueAdapter(Consumer(queue, handed_on), Dramatiq(handed_on, lengths=lengths))
    for _ in range(5):
        adapter.step()
    assert handed_on == [ID] * 3
    assert queue.length() == 0
