from imagejobs.queue_adapter.outage import FIRST_PAUSE, LONGEST_PAUSE, Outage
from imagejobs.task_queue.task_queue import QueueUnavailable


def test_pauses_grow_to_a_limit_and_differ() -> None:
    outage = Outage()
    pauses = [outage.failed(QueueUnavailable("refused")) for _ in range(2000)]
    assert 0.05 <= pauses[0] <= 0.1
    for doublings, pause in enumerate(pauses[:5]):
        assert FIRST_PAUSE * 2**doublings / 2 <= pause <= FIRST_PAUSE * 2**doublings
    assert all(LONGEST_PAUSE / 2 <= pause <= LONGEST_PAUSE for pause in pauses[10:])
    assert len(set(pauses)) > 100


def test_the_next_outage_begins_with_a_short_pause_again() -> None:
    outage = Outage()
    assert not outage.over()
    for _ in range(20):
        outage.failed(QueueUnavailable("refused"))
    assert outage.over()
    assert not outage.over()
    assert outage.failed(QueueUnavailable("refused")) <= 0.1
