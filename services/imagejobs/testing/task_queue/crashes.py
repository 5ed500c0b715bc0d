"""What happens to the messages of a consumer that died, or that stopped."""

from concurrent.futures import ThreadPoolExecutor

from imagejobs.testing.task_queue.harness import FOREIGN, IDS, SharedListHarness, ids, take_all, take_one


class Crashes:
    """Part of TaskQueueConsumerSuite."""

    def test_messages_of_a_dead_consumer_are_taken_next_and_in_order(self, harness: SharedListHarness) -> None:
        harness.queue.push(IDS)
        dead = harness.consumer("dead")
        for _ in range(3):
            dead.take(0)
        harness.kill("dead")
        heir = harness.consumer("heir")
        assert heir.reclaim() == 3
        assert ids(take_all(heir)) == IDS

    def test_of_many_consumers_that_reclaim_them_one_moves_each(self, harness: SharedListHarness) -> None:
        harness.queue.push(IDS)
        take_all(harness.consumer("dead"))
        harness.kill("dead")
        with ThreadPoolExecutor(4) as threads:
            moved = list(threads.map(lambda name: harness.consumer(name).reclaim(), "abcd"))
        assert sum(moved) == len(IDS)
        assert ids(harness.waiting_raw()) == IDS
        assert harness.consumer("heir").reclaim() == 0

    def test_a_producer_reclaims_them_too(self, harness: SharedListHarness) -> None:
        harness.queue.push(IDS)
        take_all(harness.consumer("dead"))
        alive = harness.consumer("alive")
        alive.heartbeat()
        harness.kill("dead")
        assert harness.queue.reclaim() == len(IDS)
        assert ids(harness.waiting_raw()) == IDS
        assert harness.queue.reclaim() == 0

    def test_a_consumer_is_alive_from_its_first_take_on(self, harness: SharedListHarness) -> None:
        harness.queue.push(IDS)
        alive = harness.consumer("alive")
        alive.take(0)
        assert harness.consumer("heir").reclaim() == 0
        assert ids(alive.unsettled()) == IDS[:1]

    def test_a_heartbeat_revives_a_consumer_that_looked_dead(self, harness: SharedListHarness) -> None:
        harness.queue.push(IDS)
        consumer = harness.consumer("a")
        consumer.take(0)
        harness.kill("a")
        consumer.heartbeat()
        assert harness.consumer("heir").reclaim() == 0

    def test_a_reclaimed_message_is_no_longer_its_first_consumers(self, harness: SharedListHarness) -> None:
        harness.push_raw(FOREIGN)
        zombie = harness.consumer("zombie")
        raw = take_one(zombie)
        harness.kill("zombie")
        harness.consumer("heir").reclaim()
        zombie.hand_back(raw)
        zombie.dead_letter(raw, "late")
        zombie.settle(raw)
        assert list(harness.waiting_raw()) == [FOREIGN]
        assert list(harness.dead()) == []

    def test_release_returns_all_messages_to_the_front(self, harness: SharedListHarness) -> None:
        harness.queue.push(IDS)
        leaving = harness.consumer("leaving")
        leaving.take(0)
        leaving.take(0)
        assert leaving.release() == 2
        assert ids(harness.waiting_raw()) == IDS
        assert harness.consumer("heir").reclaim() == 0

    def test_a_released_consumer_that_takes_again_is_alive_again(self, harness: SharedListHarness) -> None:
        harness.queue.push(IDS)
        consumer = harness.consumer("a")
        consumer.take(0)
        consumer.release()
        consumer.take(0)
        assert harness.consumer("heir").reclaim() == 0
