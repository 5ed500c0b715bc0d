"""What producers do with a queue."""

from imagejobs.testing.task_queue.harness import IDS, QueueHarness


class Producers:
    """Part of TaskQueueSuite."""

    def test_messages_wait_in_the_order_in_which_they_were_pushed(self, harness: QueueHarness) -> None:
        harness.queue.push(IDS[:2])
        harness.queue.push(IDS[2:3])
        assert list(harness.waiting()) == IDS[:3]

    def test_for_no_jobs_nothing_is_pushed(self, harness: QueueHarness) -> None:
        harness.queue.push([])
        assert harness.queue.length() == 0

    def test_a_job_may_be_pushed_twice(self, harness: QueueHarness) -> None:
        harness.queue.push([IDS[0], IDS[0]])
        assert list(harness.waiting()) == [IDS[0], IDS[0]]

    def test_the_length_counts_only_messages_that_wait(self, harness: QueueHarness) -> None:
        harness.queue.push(IDS)
        harness.take()
        assert harness.queue.length() == 4

    def test_dead_letters_are_counted_and_no_longer_wait(self, harness: QueueHarness) -> None:
        harness.queue.push(IDS[:2])
        harness.dead_letter()
        assert harness.queue.dead_letters() == 1
        assert list(harness.waiting()) == IDS[1:2]

    def test_absent_are_the_jobs_without_a_waiting_message(self, harness: QueueHarness) -> None:
        """A queue that other programs do not use is never searched."""
        harness.queue.push(IDS[:3])
        harness.take()
        expected = {IDS[0], IDS[3]} if harness.queue.is_shared else set()
        assert harness.queue.absent(IDS[:4]) == expected, "the first was taken, the fourth was never pushed"
        assert harness.queue.absent([]) == frozenset()

    def test_messages_of_living_workers_are_not_reclaimed(self, harness: QueueHarness) -> None:
        harness.queue.push(IDS)
        harness.take()
        assert harness.queue.reclaim() == 0
        assert list(harness.waiting()) == IDS[1:]

    def test_ping_returns(self, harness: QueueHarness) -> None:
        harness.queue.ping()
