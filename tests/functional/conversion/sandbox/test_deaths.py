"""A child dies or hangs in the middle of a job: that job fails, and no other."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from imagejobs.conversion.errors import ConversionError
from imagejobs.conversion.options import Options
from imagejobs.conversion.sandbox import child_process, deadline, process
from imagejobs.conversion.sandbox.confinement import Limits
from imagejobs.conversion.sandbox.pool import Converter
from imagejobs.conversion.sandbox.result import Result, read_result
from servers.processes import wait_until
from worlds.conversion_children import END_SECONDS, cpu_seconds, folder_of, has_ended, has_stopped, slow_conversion


def killed(converter: Converter, source: bytes, number: signal.Signals) -> tuple[int, ConversionError]:
    """Send a signal to the child in the middle of a job; the child's process id and the job's error."""
    with slow_conversion(converter, source) as (pid, conversion):
        os.kill(pid, number)
        failure = conversion.exception(END_SECONDS)
    assert isinstance(failure, ConversionError)
    return pid, failure


@pytest.mark.parametrize(
    ("number", "code", "retryable"),
    [
        (signal.SIGSEGV, "conversion_crash", False),
        (signal.SIGABRT, "conversion_crash", False),
        (signal.SIGBUS, "conversion_crash", False),
        (signal.SIGKILL, "conversion_memory", True),
        (signal.SIGXCPU, "conversion_timeout", False),
    ],
)
def test_a_child_that_dies_fails_its_job_and_no_other(
    number: signal.Signals, code: str, retryable: bool, folders: Callable[[], list[Path]], slow: bytes, small: bytes
) -> None:
    threads = set(threading.enumerate())
    with Converter() as converter:
        dead, failure = killed(converter, slow, number)
        replacement = converter.pids

        assert (failure.code, failure.retryable) == (code, retryable)
        assert number.name in str(failure) or code != "conversion_crash"
        assert len(replacement) == 1
        assert dead not in replacement
        assert has_ended(dead)
        assert folders() == [folder_of(replacement[0])]
        assert converter.convert(small, Options()).data
        assert converter.pids == replacement
    assert set(threading.enumerate()) == threads


def test_a_deadline_that_comes_when_the_answer_was_read_fails_no_other_job(
    small: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slowly(header: Mapping[str, Any], body: bytes) -> Result:
        monkeypatch.undo()
        assert child._deadline is not None
        child._deadline._expire()
        return read_result(header, body)

    with process.ConversionProcess(Limits()) as child:
        child.abilities()
        monkeypatch.setattr(process, "read_result", slowly)
        assert child.convert(small, Options()).data
        monkeypatch.setattr(subprocess.Popen, "poll", lambda _: None)  # as if the child's death were not noticed yet
        assert child.convert(small, Options()).data


def test_one_that_stands_still_is_killed_at_the_deadline_and_tried_again(slow: bytes, small: bytes) -> None:
    """The child gets no processor time, as on a busy machine. The time that it used for earlier jobs does not count."""
    with Converter(Limits(seconds=2)) as converter:
        for _ in range(100):
            converter.convert(small, Options())
            if cpu_seconds(converter.pids[0]) > 1:
                break
        assert cpu_seconds(converter.pids[0]) > 1
        pid, failure = killed(converter, slow, signal.SIGSTOP)

        assert (failure.code, failure.retryable) == ("conversion_timeout", True)
        assert "2 s" in str(failure)
        assert has_ended(pid)
        assert converter.convert(small, Options()).data


def test_one_that_takes_too_long_is_killed_at_the_deadline(
    slow: bytes, small: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deadline, "_FAIR_SHARE", 0.05)  # a busy machine may give the child less than its fair share
    with Converter(Limits(seconds=1)) as converter:
        with slow_conversion(converter, slow) as (pid, conversion):
            failure = conversion.exception(END_SECONDS)

        assert isinstance(failure, ConversionError)
        assert (failure.code, failure.retryable) == ("conversion_timeout", False)
        assert has_ended(pid)
        assert converter.convert(small, Options()).data


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGKILL])
def test_one_that_dies_between_two_jobs_fails_neither(
    number: signal.Signals, converter: Converter, small: bytes
) -> None:
    first = converter.convert(small, Options())
    (pid,) = converter.pids
    os.kill(pid, number)
    # A zombie cannot be waited for while some of its threads are still ending.
    wait_until(lambda: os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None)

    assert converter.convert(small, Options()).data == first.data
    assert pid not in converter.pids
    assert has_ended(pid)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_stopping_the_service_does_not_stop_the_job_under_way(
    number: signal.Signals, converter: Converter, slow: bytes
) -> None:
    with slow_conversion(converter, slow) as (pid, conversion):
        os.kill(pid, number)
        before = cpu_seconds(pid)
        wait_until(lambda: conversion.done() or cpu_seconds(pid) > before + 0.1)

        assert not conversion.done()
        assert converter.pids == [pid]
        converter.close()


def test_a_hung_child_is_killed_when_it_is_to_be_closed(
    folders: Callable[[], list[Path]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("imagejobs.conversion.sandbox.child_process._END_SECONDS", 0.2)
    with Converter() as converter:
        converter.abilities()
        (pid,) = converter.pids
        os.kill(pid, signal.SIGSTOP)
        wait_until(lambda: has_stopped(pid))
        converter.close()
    assert has_ended(pid)
    assert folders() == []


def test_closing_does_not_wait_for_a_conversion_that_nobody_wants_any_more(
    folders: Callable[[], list[Path]], slow: bytes
) -> None:
    with Converter() as converter, slow_conversion(converter, slow) as (pid, conversion):
        os.kill(pid, signal.SIGSTOP)
        wait_until(lambda: has_stopped(pid))
        before = time.monotonic()
        converter.close()

        assert time.monotonic() < before + 4, "close() waited for the child to end by itself"
        assert isinstance(conversion.exception(END_SECONDS), ConversionError)
        assert has_ended(pid)
        assert folders() == []


def test_closing_while_a_child_is_started_leaves_none(
    folders: Callable[[], list[Path]], small: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    pids: list[int] = []
    converter = Converter()
    closing = threading.Thread(target=converter.close)

    def spawn(limits: Limits) -> child_process.Child:
        child = child_process.spawn(limits)
        pids.append(child.process.pid)
        closing.start()
        closing.join(0.2)
        return child

    monkeypatch.setattr("imagejobs.conversion.sandbox.process.spawn", spawn)
    with pytest.raises(ConversionError) as caught:
        converter.convert(small, Options())
    closing.join(END_SECONDS)

    assert caught.value.retryable
    assert [has_ended(pid) for pid in pids] == [True]
    assert folders() == []


@pytest.mark.parametrize("started", [0, 1])
def test_after_closing_no_child_is_started(started: int, folders: Callable[[], list[Path]], small: bytes) -> None:
    converter = Converter()
    converter.start(started)
    converter.close()

    with pytest.raises(ConversionError, match="the converter is closed") as caught:
        converter.convert(small, Options())
    assert caught.value.retryable
    assert (converter.pids, folders()) == ([], [])
