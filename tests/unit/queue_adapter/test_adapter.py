"""The adapter with a queue in memory: each kind of message, and each kind of failure."""

import base64
import json
import logging
import threading
import time
from collections.abc import Callable, Sequence

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from imagejobs.backoff import Backoff
from imagejobs.queue_adapter import adapter as adapter_module
from imagejobs.queue_adapter.adapter import HIGH_WATER, QueueAdapter
from imagejobs.task_queue.memory_task_queue import MemoryTaskQueue, MemoryTaskQueueConsumer
from imagejobs.task_queue.message import MalformedMessage, ProcessImageMessage, UnknownTaskType, decode
from imagejobs.task_queue.task_queue import QueueUnavailable
from servers.processes import wait_until

ONE, TWO = "655501d2f12a3d0f3c5a1001", "655501d2f12a3d0f3c5a1002"
FOREIGN = b'{"task_type":"send_mail","payload":{}}'


class Dramatiq:
    """The adapter's destination. The next `fail_next` pushes raise; with `reply_lost` they take effect all the same."""

    def __init__(self) -> None:
        self.jobs: list[str] = []
        self.waiting = 0
        self.asked = 0
        self.fail_next = 0
        self.reply_lost = False

    def push(self, image_job_ids: Sequence[str]) -> None:
        failing = self.fail_next > 0
        self.fail_next -= failing
        if not failing or self.reply_lost:
            self.jobs += image_job_ids
        if failing:
            raise QueueUnavailable("Connection refused")

    def length(self) -> int:
        self.asked += 1
        return self.waiting


class Setup:
    """An adapter with its queue and destination, which waits only briefly for messages."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch | None = None) -> None:
        self.queue = MemoryTaskQueue()
        self.dramatiq = Dramatiq()
        self.consumer = MemoryTaskQueueConsumer(self.queue, "a")
        self.adapter = QueueAdapter(self.consumer, self.dramatiq)
        if monkeypatch:
            monkeypatch.setattr(adapter_module, "TAKE_SECONDS", 0.01)

    def steps(self, number: int) -> None:
        for _ in range(number):
            self.adapter.step()


@pytest.fixture
def setup(monkeypatch: pytest.MonkeyPatch) -> Setup:
    return Setup(monkeypatch)


class Running:
    """Runs the adapter's loop in a thread until the block ends."""

    def __init__(self, adapter: QueueAdapter) -> None:
        self.stop = threading.Event()
        self._thread = threading.Thread(target=adapter.run, args=(self.stop,))

    def __enter__(self) -> "Running":  # noqa: PYI034 - a test's helper is not inherited from
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        self._thread.join(5)
        assert not self._thread.is_alive(), "the adapter did not stop"


def test_valid_messages_are_handed_on_in_order_and_forgotten(setup: Setup) -> None:
    setup.queue.push([ONE, TWO.upper()])
    setup.steps(2)
    assert setup.dramatiq.jobs == [ONE, TWO]
    assert setup.consumer.unsettled() == []
    assert setup.queue.length() == 0


def test_a_message_is_forgotten_only_after_it_was_handed_on(setup: Setup) -> None:
    setup.queue.push([ONE])
    setup.dramatiq.fail_next = 1
    with pytest.raises(QueueUnavailable):
        setup.adapter.step()
    assert list(setup.consumer.unsettled()) == [ProcessImageMessage(ONE).encode()]


def test_malformed_messages_become_dead_letters_with_their_reason(
    setup: Setup, caplog: pytest.LogCaptureFixture
) -> None:
    setup.queue.push_raw(b'{"task_type":"process_image","payload":{"imageJobID":"7"}}')
    setup.queue.push([ONE])
    setup.steps(2)
    (letter,) = (json.loads(each) for each in setup.queue.dead)
    assert "payload.imageJobID" in letter["reason"]
    assert setup.dramatiq.jobs == [ONE]
    assert "moved to the dead list" in caplog.text


def test_another_workers_messages_are_left_on_the_list(setup: Setup) -> None:
    setup.queue.push_raw(FOREIGN)
    setup.queue.push([ONE])
    setup.steps(4)
    assert setup.dramatiq.jobs == [ONE]
    assert list(setup.queue.messages) == [FOREIGN]
    assert setup.queue.dead == []


def test_a_list_of_another_workers_messages_is_not_a_hot_loop(setup: Setup) -> None:
    for _ in range(3):
        setup.queue.push_raw(FOREIGN)
    assert [bool(setup.adapter.step()) for _ in range(6)] == [False, False, True, False, False, True]


def test_one_of_ours_among_them_starts_the_count_again(setup: Setup) -> None:
    setup.queue.push_raw(FOREIGN)
    setup.queue.push_raw(FOREIGN)
    setup.adapter.step()
    setup.queue.messages.appendleft(ProcessImageMessage(ONE).encode())
    assert [bool(setup.adapter.step()) for _ in range(3)] == [False, False, True]


def test_an_empty_list_needs_no_pause(setup: Setup) -> None:
    assert setup.adapter.step() == 0
    setup.queue.push([ONE])
    assert setup.adapter.step() == 0, "the last message was handed on"
    for _ in range(2):
        setup.queue.push_raw(FOREIGN)
    setup.adapter.step()
    setup.queue.messages.clear()
    assert setup.adapter.step() == 0, "another worker took its messages"


def test_what_was_taken_before_it_began_is_handed_on_first(setup: Setup) -> None:
    setup.queue.push([ONE, TWO])
    setup.consumer.take(0)
    setup.adapter.step()
    assert setup.dramatiq.jobs == [ONE, TWO]


def test_a_full_dramatiq_queue_leaves_the_backlog_on_the_list(setup: Setup) -> None:
    setup.queue.push([ONE] * 5)
    setup.dramatiq.waiting = HIGH_WATER - 2
    setup.steps(2)
    setup.dramatiq.waiting = HIGH_WATER
    assert setup.adapter.step() > 0
    assert (len(setup.dramatiq.jobs), setup.queue.length()) == (2, 3)
    setup.dramatiq.waiting = HIGH_WATER - 1
    setup.adapter.step()
    assert setup.queue.length() == 2


def test_dramatiqs_queue_is_asked_once_for_as_many_messages_as_it_has_room_for(setup: Setup) -> None:
    setup.queue.push([ONE] * 5)
    setup.dramatiq.waiting = HIGH_WATER - 3
    setup.steps(3)
    assert (setup.dramatiq.asked, len(setup.dramatiq.jobs)) == (1, 3)
    setup.steps(1)
    assert (setup.dramatiq.asked, len(setup.dramatiq.jobs)) == (2, 4)


@pytest.mark.parametrize(("reply_lost", "delivered"), [(False, [ONE, TWO]), (True, [ONE, ONE, TWO])])
def test_a_failed_enqueue_is_repeated_before_anything_else(
    setup: Setup, reply_lost: bool, delivered: list[str]
) -> None:
    setup.queue.push([ONE, TWO])
    setup.dramatiq.fail_next, setup.dramatiq.reply_lost = 1, reply_lost
    with Running(setup.adapter):
        wait_until(lambda: setup.dramatiq.jobs == delivered)
    assert list(setup.consumer.unsettled()) == []


def test_an_outage_is_ridden_out_without_a_line_per_failure(
    setup: Setup, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adapter_module, "OUTAGE_PAUSES", Backoff(0.01, 0.05))
    caplog.set_level(logging.INFO)
    setup.queue.push([ONE])
    setup.dramatiq.fail_next = 3
    with Running(setup.adapter):
        wait_until(lambda: setup.dramatiq.jobs == [ONE])
    assert "Connection refused" not in caplog.text


def test_a_stop_during_an_outage_does_not_wait_for_its_end(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapter_module, "OUTAGE_PAUSES", Backoff(60.0, 60.0))
    setup.queue.push([ONE])
    setup.dramatiq.fail_next = 1_000_000
    with Running(setup.adapter):
        wait_until(lambda: setup.dramatiq.fail_next < 1_000_000)
        started = time.monotonic()
    assert time.monotonic() - started < 2


def test_very_many_messages_of_another_worker_are_gone_through_with_pauses(
    setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adapter_module, "FOREIGN_AT_A_STRETCH", 3)
    for _ in range(7):
        setup.queue.push_raw(FOREIGN)
    pauses = [setup.adapter.step() for _ in range(6)]
    assert [pause > 0 for pause in pauses] == [False, False, True] * 2
    setup.queue.push([ONE])
    while not setup.dramatiq.jobs:
        setup.adapter.step()
    assert setup.dramatiq.jobs == [ONE]


def test_a_stop_during_a_pause_is_noticed_at_once(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapter_module, "PAUSE_SECONDS", 60.0)
    setup.dramatiq.waiting = HIGH_WATER
    with Running(setup.adapter):
        wait_until(lambda: "a" in setup.queue.alive_until)


def test_at_a_stop_what_was_taken_goes_back_and_the_heartbeat_ends(setup: Setup) -> None:
    setup.queue.push([ONE])
    setup.adapter.step()
    setup.queue.push([TWO])
    setup.consumer.take(0)
    stop = threading.Event()
    stop.set()
    setup.adapter.run(stop)
    assert list(setup.queue.messages) == [ProcessImageMessage(TWO).encode()]
    assert setup.queue.alive_until == {}


def test_an_outage_at_a_stop_keeps_the_unsettled_messages(
    setup: Setup, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise QueueUnavailable("Connection refused")

    setup.adapter.step()
    setup.queue.push([ONE])
    taken = setup.consumer.take(0)
    monkeypatch.setattr(setup.consumer, "release", fail)
    stop = threading.Event()
    stop.set()
    setup.adapter.run(stop)
    assert setup.consumer.unsettled() == [taken]
    assert caplog.messages == [
        "Redis is unavailable: Connection refused; the next queue adapter reclaims the unsettled messages"
    ]


def test_after_a_success_the_first_pause_of_an_outage_is_short_again(
    setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(adapter_module, "OUTAGE_PAUSES", Backoff(0.001, 0.004))
    stop = threading.Event()
    monkeypatch.setattr(stop, "wait", pauses.append)
    outcomes = iter([False, False, False, False, True, False, False])

    def step() -> float:
        works = next(outcomes, None)
        if works is None:
            stop.set()
        elif not works:
            raise QueueUnavailable("Connection refused")
        return 0

    monkeypatch.setattr(setup.adapter, "step", step)
    setup.adapter.run(stop)
    assert pauses == [0.001, 0.002, 0.004, 0.004, 0.001, 0.002]


def test_a_dead_adapters_messages_are_handed_on(setup: Setup, caplog: pytest.LogCaptureFixture) -> None:
    setup.queue.push([ONE])
    MemoryTaskQueueConsumer(setup.queue, "dead", heartbeat_ttl=0).take(0)
    setup.adapter.step()
    assert setup.dramatiq.jobs == [ONE]
    assert "1 messages of a dead queue adapter" in caplog.text


def test_a_heartbeat_comes_before_the_first_message_and_then_regularly(
    setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    beats: list[float] = []
    beat: Callable[[], None] = setup.consumer.heartbeat

    def noted_beat() -> None:
        beats.append(setup.queue.length())
        beat()

    monkeypatch.setattr(setup.consumer, "heartbeat", noted_beat)
    setup.queue.push([ONE, TWO])
    setup.steps(2)
    assert beats == [2], "not again with each message"
    monkeypatch.setattr(adapter_module, "KEEP_ALIVE_SECONDS", 0.0)
    seen = len(beats)
    setup.steps(3)
    assert len(beats) == seen + 3


def is_ours(raw: bytes) -> bool:
    try:
        decode(raw)
    except (MalformedMessage, UnknownTaskType):
        return False
    return True


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
NEARLY = st.fixed_dictionaries(
    {"task_type": st.just("process_image"), "payload": JSON | st.fixed_dictionaries({"imageJobID": JSON})}
)
VALID = st.from_regex(r"[0-9a-f]{24}", fullmatch=True).map(lambda each: ProcessImageMessage(each).encode())


@given(st.lists(st.one_of(st.binary(), NEARLY.map(lambda each: json.dumps(each).encode()), VALID), max_size=20))
@example([b'{"task_type":"process_image","payload":NaN}', b"[" * 100_000, b"1" * 5000, b"\xff\xfe"])
@example([b'{"task_type":"process_image","payload":{"imageJobID":"\\ud800"}}'])
def test_valid_messages_arrive_once_and_all_others_are_kept_byte_by_byte(messages: list[bytes]) -> None:
    setup = Setup()
    for raw in messages:
        setup.queue.push_raw(raw)
    setup.steps(len(messages))
    valid = [raw for raw in messages if is_ours(raw)]
    kept = [base64.b64decode(json.loads(each)["base64"]) for each in setup.queue.dead]
    assert [ProcessImageMessage(each).encode() for each in setup.dramatiq.jobs] == [
        ProcessImageMessage(decode(raw).image_job_id).encode() for raw in valid
    ]
    assert sorted([*kept, *setup.queue.messages]) == sorted(raw for raw in messages if not is_ours(raw))
    assert setup.consumer.unsettled() == []
