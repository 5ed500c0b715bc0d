"""How a consumer takes messages."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

from imagejobs.testing.task_queue.harness import FIRST, FOREIGN, IDS, SharedListHarness, ids, take_all, take_one


class Taking:
    """Part of TaskQueueConsumerSuite."""

    def test_messages_are_taken_oldest_first_in_the_contracts_format(self, harness: SharedListHarness) -> None:
        harness.queue.push(IDS[:2])
        harness.queue.push(IDS[2:3])
        taken = take_all(harness.consumer("a"))
        assert ids(taken) == IDS[:3]
        assert taken[0] == f'{{"task_type":"process_image","payload":{{"imageJobID":"{IDS[0]}"}}}}'.encode()

    def test_another_programs_message_hides_none_of_ours(self, harness: SharedListHarness) -> None:
        harness.queue.push(IDS[:3])
        harness.push_raw(FOREIGN)
        harness.consumer("a").take(0)
        assert harness.queue.absent(IDS[:4]) == {IDS[0], IDS[3]}

    def test_the_length_counts_other_programs_messages_too(self, harness: SharedListHarness) -> None:
        harness.queue.push(IDS)
        harness.push_raw(FOREIGN)
        consumer = harness.consumer("a")
        consumer.take(0)
        assert harness.queue.length() == consumer.length() == 5

    def test_taking_from_an_empty_list_waits_and_gives_up(self, harness: SharedListHarness) -> None:
        started = time.monotonic()
        assert harness.consumer("a").take(0.2) is None
        assert 0.15 < time.monotonic() - started < 2

    def test_a_message_that_arrives_during_the_wait_is_taken_at_once(self, harness: SharedListHarness) -> None:
        producer = threading.Timer(0.1, harness.queue.push, [IDS[:1]])
        producer.start()
        started = time.monotonic()
        assert harness.consumer("a").take(2) == FIRST
        assert time.monotonic() - started < 1
        producer.join()

    def test_consumers_see_only_their_own_messages(self, harness: SharedListHarness) -> None:
        harness.queue.push(IDS[:2])
        one, other = harness.consumer("a"), harness.consumer("b")
        assert ids([take_one(one)]) == IDS[:1]
        assert ids(other.unsettled()) == []

    def test_many_consumers_take_each_message_once(self, harness: SharedListHarness) -> None:
        many = [f"{number:024x}" for number in range(500)]
        harness.queue.push(many)
        with ThreadPoolExecutor(4) as threads:
            taken = list(threads.map(lambda name: take_all(harness.consumer(name)), "abcd"))
        assert sorted(ids([raw for part in taken for raw in part])) == many
