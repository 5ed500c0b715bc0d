from imagejobs.queue_adapter.backoff import FIRST_PAUSE, LONGEST_PAUSE, Backoff


def test_pauses_grow_to_a_limit_and_differ() -> None:
    backoff = Backoff()
    pauses = [backoff.failed() for _ in range(2000)]
    assert 0.05 <= pauses[0] <= 0.1
    for doublings, pause in enumerate(pauses[:5]):
        assert FIRST_PAUSE * 2**doublings / 2 <= pause <= FIRST_PAUSE * 2**doublings
    assert all(LONGEST_PAUSE / 2 <= pause <= LONGEST_PAUSE for pause in pauses[10:])
    assert len(set(pauses)) > 100


def test_after_a_success_the_first_pause_is_short_again() -> None:
    backoff = Backoff()
    for _ in range(20):
        backoff.failed()
    backoff.succeeded()
    assert backoff.failed() <= 0.1
