"""What a worker process does after its main process has died; tests/functional/worker kills real processes."""

import io
import logging
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any, cast

import pytest
from imagejobs.worker.middleware import main_watch
from imagejobs.worker.middleware.main_watch import MainWatch
from servers.processes import wait_until

ANY: Any = None
MAIN, SOMEBODY_ELSE = 4711, 1


class World:
    """The parent process as the watch sees it, and a record of what the watch did."""

    def __init__(self) -> None:
        self.parent = MAIN
        self.done: list[object] = []
        self.sentinel, self.main_end = os.pipe()

    def give_up(self) -> None:
        self.done.append("gave up")


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    world = World()
    main = SimpleNamespace(sentinel=world.sentinel)
    monkeypatch.setattr(multiprocessing, "parent_process", lambda: main)
    monkeypatch.setattr(main_watch, "POLL_SECONDS", 0.01)
    monkeypatch.setattr(main_watch, "STUCK_SECONDS", 0.1)
    monkeypatch.setattr(main_watch, "_log_to_standard_error", lambda: None)
    monkeypatch.setattr(os, "getppid", lambda: world.parent)
    monkeypatch.setattr(os, "kill", lambda pid, number: world.done.append((pid, number)))
    monkeypatch.setattr(os, "_exit", world.done.append)
    yield world
    world.parent = SOMEBODY_ELSE
    wait_until(lambda: "main-watch" not in {thread.name for thread in threading.enumerate()})
    os.close(world.sentinel)


TERM = (os.getpid(), signal.SIGTERM)


def die(world: World) -> None:
    world.parent = SOMEBODY_ELSE


def close(world: World) -> None:
    os.close(world.main_end)


@pytest.mark.parametrize("end", [die, close])
def test_the_process_sends_itself_sigterm(end: Callable[[World], None], world: World) -> None:
    watch = MainWatch(world.give_up)
    watch.after_process_boot(ANY)
    assert world.done == []
    end(world)
    wait_until(lambda: world.done != [])
    watch.before_worker_shutdown(ANY, ANY)

    assert world.done == [TERM]


def test_a_process_that_does_not_stop_hands_back_its_jobs_and_exits(world: World) -> None:
    MainWatch(world.give_up).after_process_boot(ANY)
    die(world)
    wait_until(lambda: len(world.done) == 3)

    assert world.done == [TERM, "gave up", 1]


def test_a_process_that_stops_already_gets_no_second_signal(world: World) -> None:
    watch = MainWatch(world.give_up)
    watch.after_process_boot(ANY)
    watch.before_worker_shutdown(ANY, ANY)
    die(world)
    wait_until(lambda: "main-watch" not in {thread.name for thread in threading.enumerate()})

    assert world.done == []


def test_without_a_main_process_nothing_is_watched(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(multiprocessing, "parent_process", lambda: None)
    MainWatch(world.give_up).after_process_boot(ANY)

    assert "main-watch" not in {thread.name for thread in threading.enumerate()}


def test_the_log_goes_on_on_the_real_standard_error(monkeypatch: pytest.MonkeyPatch) -> None:
    handler = logging.StreamHandler(io.StringIO())
    monkeypatch.setattr(logging.getLogger(), "handlers", [handler])
    main_watch._log_to_standard_error()

    assert cast("Any", handler.stream) is sys.__stderr__
