"""The list under everything that producers may push: messages of the schema, and what is none.

Whether bytes are a message is not asked of our own reader, but of the schema as the package `jsonschema` reads it.
"""

import base64
import json
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from typing import Any

import pytest
from contract_schema import EXAMPLES
from contract_stub import generated_from, repeatable
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from imagejobs.contract.files import contract_file
from imagejobs.queue_adapter import adapter as adapter_module
from imagejobs.queue_adapter.adapter import QueueAdapter
from imagejobs.task_queue.memory_task_queue import MemoryTaskQueue, MemoryTaskQueueConsumer
from imagejobs.task_queue.message import ProcessImage
from imagejobs.task_queue.task_queue import QueueUnavailable
from jsonschema import Draft202012Validator

SCHEMA = json.loads(contract_file("task_queue.schema.json").read_bytes())
ONE, LAST = "655501d2f12a3d0f3c5a1002", "ffffffffffffffffffffffff"
FOREIGN = b'{"task_type":"send_mail","payload":{"to":"ada@example.com"}}'


@pytest.fixture(scope="module", autouse=True)
def _no_waiting() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(adapter_module, "TAKE_SECONDS", 0.0)
        yield


class Verdict(StrEnum):
    """What bytes on the list are."""

    MESSAGE = "message"
    FOREIGN = "another worker's message"
    NEITHER = "neither"


def verdict(raw: bytes) -> Verdict:
    """By RFC 8259 (UTF-8, no byte order mark, each name once) and by the schema, read by another library than ours."""
    try:
        value = json.loads(raw.decode())
    except (ValueError, RecursionError):
        return Verdict.NEITHER
    task_type = value.get("task_type") if isinstance(value, dict) else None
    if isinstance(task_type, str) and task_type != SCHEMA["properties"]["task_type"]["const"]:
        return Verdict.FOREIGN
    is_message = validator().is_valid(value) and not repeats_a_name(raw)
    return Verdict.MESSAGE if is_message else Verdict.NEITHER


@cache
def validator() -> Draft202012Validator:
    """Python's `$`, unlike the standard's, also matches before a line break at the end."""
    return Draft202012Validator(json.loads(json.dumps(SCHEMA).replace('{24}$"', '{24}\\\\Z"')))


def repeats_a_name(raw: bytes) -> bool:
    repeated: list[bool] = []
    json.loads(raw, object_pairs_hook=lambda pairs: repeated.append(len(dict(pairs)) < len(pairs)) or dict(pairs))
    return any(repeated)


def job_id(raw: bytes) -> str:
    return str(json.loads(raw)["payload"]["imageJobID"]).lower()


class Rounds(threading.Event):
    """A stop signal that comes after so many rounds, and for which nobody waits."""

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
class Scene:
    """The adapter between a list with these messages and a Dramatiq whose `outages` say which enqueues fail."""

    pushed: Sequence[bytes]
    outages: Sequence[bool] = ()
    enqueued: list[str] = field(default_factory=list)
    queue: MemoryTaskQueue = field(default_factory=MemoryTaskQueue)

    def play(self) -> None:
        """Run the adapter until it has seen each message, and one more at the end, which must arrive too."""
        for raw in self.pushed:
            self.queue.push_raw(raw)
        self.queue.push([LAST])
        self._outages = iter(self.outages)
        consumer = MemoryTaskQueueConsumer(self.queue, "a")
        QueueAdapter(consumer, self._enqueue, lambda: 0).run(Rounds(len(self.pushed) + 1 + len(self.outages)))
        assert not any(self.queue.processing.values())

    def _enqueue(self, image_job_id: str) -> None:
        if next(self._outages, False):
            raise QueueUnavailable("Connection refused")
        self.enqueued.append(image_job_id)

    def those(self, wanted: Verdict) -> list[bytes]:
        return [raw for raw in self.pushed if verdict(raw) == wanted]

    def assert_settled(self) -> None:
        """Each message arrived exactly once, in order; what is none is buried, byte by byte; the rest was left."""
        assert self.enqueued == [*map(job_id, self.those(Verdict.MESSAGE)), LAST]
        letters = [json.loads(each) for each in self.queue.dead]
        assert [base64.b64decode(each["base64"]) for each in letters] == self.those(Verdict.NEITHER)
        assert all(each["reason"] and each["at"].endswith("Z") for each in letters)
        assert sorted(self.queue.messages) == sorted(self.those(Verdict.FOREIGN))


def settled(pushed: Sequence[bytes], outages: Sequence[bool] = ()) -> None:
    scene = Scene(pushed, outages)
    scene.play()
    scene.assert_settled()


def written(value: Any, indent: int | None = None, *, ascii_only: bool = True) -> bytes:
    """The value as some producer's JSON writer has it; bytes as they are; what schemathesis leaves out as nothing."""
    if isinstance(value, bytes):
        return value
    try:
        return json.dumps(value, indent=indent, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    except TypeError:
        return b""


WRITTEN = {"indent": st.sampled_from([None, 0, 4]), "ascii_only": st.booleans()}
MESSAGES = st.builds(written, generated_from(SCHEMA), **WRITTEN)
BROKEN = st.builds(written, generated_from(SCHEMA, valid=False), **WRITTEN)
PIECES = [
    *(b"\0", b"\xff", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\\u0000", b"\\n", b"\\", b"\n"),
    *(b'"', b"'", b"{", b"}", b"[", b"]", b",", b"//", b"[" * 400, b"[" * 100_000),
    *(b"1" * 5_000, b"1e999", b"-0", b"NaN", b"Infinity", b"null"),
    *(b'"task_type":"send_mail",', b'"payload":{},'),
]


@st.composite
def damaged(draw: Any) -> bytes:
    """A message after one to three accidents."""
    raw: bytes = draw(MESSAGES)
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(0, len(raw)))
        match draw(st.sampled_from(["flip", "cut", "drop", "insert", "twice", "join", "recode"])):
            case "flip" if place < len(raw):
                raw = raw[:place] + bytes([raw[place] ^ 1 << draw(st.integers(0, 7))]) + raw[place + 1 :]
            case "cut":
                raw = raw[:place]
            case "drop":
                raw = raw[:place] + raw[place + draw(st.integers(1, 8)) :]
            case "insert":
                raw = raw[:place] + draw(st.sampled_from(PIECES) | st.binary(max_size=8)) + raw[place:]
            case "twice":
                raw = raw[:place] + raw[: draw(st.integers(0, len(raw)))] + raw[place:]
            case "join":
                raw += draw(st.sampled_from([b"", b"\n", b","])) + draw(MESSAGES)
            case "recode":
                encoding = draw(st.sampled_from(["utf-8-sig", "utf-16", "utf-16-be", "utf-32-le", "utf-7"]))
                raw = raw.decode("latin-1").encode(encoding)
    return raw


def for_each(strategy: st.SearchStrategy[Any], check: Callable[[Any], None], examples: int = EXAMPLES) -> None:
    """Run the check with generated values, the same ones every time."""

    @settings(
        repeatable, max_examples=examples, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow]
    )
    @given(strategy)
    def run(value: Any) -> None:
        check(value)

    run()


def test_each_message_of_the_schema_arrives_exactly_once() -> None:
    def check(messages: list[bytes]) -> None:
        assert {verdict(raw) for raw in messages} <= {Verdict.MESSAGE}
        settled(messages)

    for_each(st.lists(MESSAGES, max_size=8), check)


def test_values_that_break_the_schema_are_buried_or_another_workers() -> None:
    seen = set()

    def check(raw: bytes) -> None:
        seen.add(verdict(raw))
        settled([raw])

    for_each(BROKEN, check, 10 * EXAMPLES)
    assert Verdict.NEITHER in seen
    assert Verdict.MESSAGE not in seen


def test_damaged_messages_never_stop_the_adapter() -> None:
    seen = set()

    def check(messages: list[bytes]) -> None:
        seen.update(map(verdict, messages))
        settled(messages)

    for_each(st.lists(damaged(), min_size=1, max_size=4), check, 5 * EXAMPLES)
    assert Verdict.NEITHER in seen


def test_any_bytes_never_stop_the_adapter() -> None:
    for_each(st.lists(st.binary(), max_size=8), settled)


def test_outages_neither_lose_nor_repeat_what_was_not_yet_enqueued() -> None:
    mixed = st.lists(MESSAGES | BROKEN | st.just(FOREIGN), max_size=8)
    for_each(st.tuples(mixed, st.lists(st.booleans(), max_size=8)), lambda each: settled(*each))


def test_what_was_taken_when_the_outage_does_not_end_stays_unsettled() -> None:
    scene = Scene([ProcessImage(ONE).encode()], outages=[True] * 4)
    scene.queue.push_raw(scene.pushed[0])
    consumer = MemoryTaskQueueConsumer(scene.queue, "a")
    scene._outages = iter(scene.outages)
    QueueAdapter(consumer, scene._enqueue, lambda: 0).run(Rounds(4))
    assert (scene.enqueued, list(consumer.unsettled())) == ([], list(scene.pushed))


MESSAGE = ProcessImage(ONE).encode()
KINDS = {
    "as the guide has it": (MESSAGE, Verdict.MESSAGE),
    "upper case digits": (ProcessImage(ONE.upper()).encode(), Verdict.MESSAGE),
    "spaces around": (b"\r\n\t " + MESSAGE + b"\n", Verdict.MESSAGE),
    "escapes": (MESSAGE.replace(b"process_image", b"\\u0070rocess\\u005fimage"), Verdict.MESSAGE),
    "nothing": (b"", Verdict.NEITHER),
    "a byte order mark": (b"\xef\xbb\xbf" + MESSAGE, Verdict.NEITHER),
    "UTF-16": (MESSAGE.decode().encode("utf-16"), Verdict.NEITHER),
    "UTF-32": (MESSAGE.decode().encode("utf-32-be"), Verdict.NEITHER),
    "two messages": (MESSAGE + MESSAGE, Verdict.NEITHER),
    "half a message": (MESSAGE[:40], Verdict.NEITHER),
    "NUL": (MESSAGE + b"\0", Verdict.NEITHER),
    "an escaped NUL": (MESSAGE.replace(b"1002", b"100\\u0000"), Verdict.NEITHER),
    "a line break after the id": (MESSAGE.replace(b"1002", b"1002\\n"), Verdict.NEITHER),
    "half a surrogate pair": (MESSAGE.replace(b"1002", b"100\\ud800"), Verdict.NEITHER),
    "task_type twice": (MESSAGE[:-1] + b',"task_type":"process_image"}', Verdict.NEITHER),
    "payload twice": (MESSAGE[:-1] + b',"payload":{"imageJobID":"' + LAST.encode() + b'"}}', Verdict.NEITHER),
    "imageJobID twice": (MESSAGE[:-2] + b',"imageJobID":"' + LAST.encode() + b'"}}', Verdict.NEITHER),
    "a number of 24 digits": (MESSAGE.replace(f'"{ONE}"'.encode(), b"6" * 24), Verdict.NEITHER),
    "a number of 5,000 digits": (MESSAGE.replace(f'"{ONE}"'.encode(), b"6" * 5_000), Verdict.NEITHER),
    "NaN": (MESSAGE.replace(f'"{ONE}"'.encode(), b"NaN"), Verdict.NEITHER),
    "nesting": (b"[" * 100_000, Verdict.NEITHER),
    "a nested payload": (MESSAGE.replace(f'"{ONE}"'.encode(), b"[" * 400 + b"]" * 400), Verdict.NEITHER),
    "one key more": (MESSAGE[:-1] + b',"priority":1}', Verdict.NEITHER),
    "another case": (MESSAGE.replace(b"imageJobID", b"imageJobId"), Verdict.NEITHER),
    "a task_type of another case": (MESSAGE.replace(b"process_image", b"PROCESS_IMAGE"), Verdict.FOREIGN),
    "another worker's": (FOREIGN, Verdict.FOREIGN),
    "another worker's, in its own way": (b'{"task_type":"","payload":{"a":1,"a":2}}', Verdict.FOREIGN),
}


@pytest.mark.parametrize(("raw", "expected"), KINDS.values(), ids=KINDS)
def test_a_message_is_what_the_schema_says_it_is(raw: bytes, expected: Verdict) -> None:
    assert verdict(raw) == expected
    settled([raw])


def test_all_kinds_in_one_list_are_told_apart_during_an_outage() -> None:
    settled([raw for raw, _ in KINDS.values()], outages=[True, False, True, True])
