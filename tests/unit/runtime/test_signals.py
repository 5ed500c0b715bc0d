"""How signals end a long-running process. The tests run in the main thread and restore its handlers."""

import signal
from collections.abc import Iterator
from typing import Any, cast

import pytest
from imagejobs.runtime.signals import exit_cleanly_on_sigterm, stop_on_signals


@pytest.fixture(autouse=True)
def _handlers_are_put_back() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_either_signal_asks_for_the_end(number: signal.Signals) -> None:
    stop = stop_on_signals()
    assert not stop.is_set()
    signal.raise_signal(number)
    assert stop.wait(5)


def test_a_signal_while_the_main_thread_looks_at_the_event_is_no_deadlock() -> None:
    stop = stop_on_signals()
    with cast("Any", stop)._cond:
        signal.raise_signal(signal.SIGTERM)
    assert stop.wait(5)


def test_a_server_that_hands_the_signal_on_ends_with_code_0() -> None:
    exit_cleanly_on_sigterm()
    with pytest.raises(SystemExit) as caught:
        signal.raise_signal(signal.SIGTERM)
    assert caught.value.code == 0
