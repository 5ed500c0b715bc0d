import signal

import pytest
from imagejobs.conversion.isolated.confinement import Limits
from imagejobs.conversion.isolated.deaths import death_of, not_started

LIMITS = Limits(seconds=7, memory_bytes=345_000_000)


@pytest.mark.parametrize(
    ("status", "message", "is_late", "code", "retryable", "told"),
    [
        (-signal.SIGKILL, "", True, "conversion_timeout", False, "7 s"),
        (-signal.SIGSEGV, "out of memory", True, "conversion_timeout", False, "7 s"),
        (0, "", True, "conversion_timeout", False, "7 s"),
        (-signal.SIGXCPU, "", False, "conversion_timeout", False, "7 s"),
        (-signal.SIGKILL, "", False, "conversion_memory", True, "machine"),
        (1, "MemoryError", False, "conversion_memory", False, "345 MB"),
        (-signal.SIGABRT, "what(): std::bad_alloc", False, "conversion_memory", False, "345 MB"),
        (1, "Cache Resources Exhausted `x.png'", False, "conversion_memory", False, "345 MB"),
        (
            -signal.SIGABRT,
            "blob.c:4960: WriteBlob: Assertion failed",
            False,
            "conversion_memory",
            False,
            "345 MB",
        ),
        (-signal.SIGSEGV, "", False, "conversion_crash", False, "SIGSEGV"),
        (-signal.SIGABRT, "assertion failed", False, "conversion_crash", False, "SIGABRT"),
        (3, "", False, "conversion_crash", False, "status 3"),
        (0, "", False, "conversion_crash", False, "status 0"),
        (-200, "", False, "conversion_crash", False, "status -200"),
    ],
)
def test_every_end_has_its_reason(
    status: int, message: str, is_late: bool, code: str, retryable: bool, told: str
) -> None:
    error = death_of(status, message, is_late=is_late, was_starved=False, limits=LIMITS)

    assert (error.code, error.retryable) == (code, retryable)
    assert told in str(error)


@pytest.mark.parametrize("status", [-signal.SIGKILL, -signal.SIGSEGV, 0])
def test_one_that_the_machine_let_wait_is_tried_again(status: int) -> None:
    error = death_of(status, "", is_late=True, was_starved=True, limits=LIMITS)

    assert (error.code, error.retryable) == ("conversion_timeout", True)
    assert "after 7 s" in str(error)


def test_the_last_words_are_logged_and_not_handed_to_the_caller(caplog: pytest.LogCaptureFixture) -> None:
    error = death_of(-signal.SIGSEGV, "secret words", is_late=False, was_starved=False, limits=LIMITS)

    assert "secret words" not in str(error)
    assert "secret words" in caplog.text
    assert "status -11" in caplog.text


def test_a_start_that_failed_is_tried_again_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    error = not_started("no library")

    assert (error.code, error.retryable) == ("conversion_failed", True)
    assert "no library" in str(error)
    assert [record.levelname for record in caplog.records] == ["ERROR"]
