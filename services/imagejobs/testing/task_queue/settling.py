"""What a consumer does with a message that it has taken."""

import base64
from datetime import datetime

import pytest

from imagejobs.task_queue.dead_letter import MAX_DEAD_LETTERS
from imagejobs.testing.task_queue.harness import FIRST, FOREIGN, IDS, SharedListHarness, take_all, take_one


class Settling:
    """Part of TaskQueueConsumerSuite."""

    def test_a_taken_message_is_unsettled_until_it_is_settled(self, harness: SharedListHarness) -> None:
        harness.queue.push(IDS[:3])
        consumer = harness.consumer("a")
        taken = take_all(consumer)
        assert list(consumer.unsettled()) == taken
        consumer.settle(taken[1])
        assert list(consumer.unsettled()) == [taken[0], taken[2]]

    def test_settling_one_of_two_equal_messages_leaves_the_other(self, harness: SharedListHarness) -> None:
        harness.queue.push([IDS[0], IDS[0]])
        consumer = harness.consumer("a")
        raw, _ = take_all(consumer)
        consumer.settle(raw)
        assert list(consumer.unsettled()) == [raw]

    def test_a_message_that_is_handed_back_is_the_last_of_the_list(self, harness: SharedListHarness) -> None:
        harness.push_raw(FOREIGN)
        harness.queue.push(IDS[:1])
        consumer = harness.consumer("a")
        consumer.hand_back(take_one(consumer))
        assert list(harness.waiting_raw()) == [FIRST, FOREIGN]
        assert list(consumer.unsettled()) == []

    @pytest.mark.parametrize("raw", [b"{not json", "höher".encode(), b"\xff\xfe\x00"])
    def test_a_dead_letter_has_the_bytes_the_reason_and_the_time(self, harness: SharedListHarness, raw: bytes) -> None:
        harness.push_raw(raw)
        consumer = harness.consumer("a")
        consumer.dead_letter(take_one(consumer), "cannot be read")
        (letter,) = harness.dead()
        assert base64.b64decode(letter["base64"]) == raw
        assert letter["reason"] == "cannot be read"
        assert datetime.fromisoformat(letter["at"]).tzinfo
        assert letter.get("message") == (None if b"\xff" in raw else raw.decode())
        assert list(consumer.unsettled()) == []

    def test_only_the_newest_dead_letters_are_kept(self, harness: SharedListHarness) -> None:
        consumer = harness.consumer("a")
        for number in range(MAX_DEAD_LETTERS + 2):
            harness.push_raw(f"{number}".encode())
            consumer.dead_letter(take_one(consumer), "cannot be read")
        kept = {letter["message"] for letter in harness.dead()}
        assert kept == {str(number) for number in range(2, MAX_DEAD_LETTERS + 2)}
        assert harness.queue.dead_letters() == MAX_DEAD_LETTERS

    def test_handing_back_drops_no_message_of_a_long_list(self, harness: SharedListHarness) -> None:
        many = [f"{number:024x}" for number in range(MAX_DEAD_LETTERS + 2)]
        harness.queue.push(many)
        consumer = harness.consumer("a")
        consumer.hand_back(take_one(consumer))
        assert harness.queue.length() == len(many)
