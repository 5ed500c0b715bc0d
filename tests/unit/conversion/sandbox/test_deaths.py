import resource
import signal

import pytest
from imagejobs.conversion.errors import ConversionError, ErrorCode, MachineFault
from imagejobs.conversion.sandbox.confinement import Limits
from imagejobs.conversion.sandbox.deaths import death_of, judged, not_started

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
        (46, "", False, "conversion_memory", True, "room for temporary files"),
        (46, "unable to extent pixel cache", False, "conversion_memory", True, "room for temporary files"),
        (1, "OSError: [Errno 28] No space left on device", False, "conversion_memory", True, "TMPDIR"),
        (1, "OSError: [Errno 24] Too many open files", False, "conversion_memory", True, "ulimit -n"),
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


@pytest.mark.parametrize("status", [-signal.SIGBUS, -signal.SIGABRT, 1])
def test_a_death_on_a_full_disk_which_has_no_room_for_words_either_is_the_machines_fault(status: int) -> None:
    error = death_of(status, "", is_disk_full=True, limits=LIMITS)

    assert (error.code, type(error)) == ("conversion_memory", MachineFault)


@pytest.mark.parametrize(
    ("message", "is_machines"),
    [
        ("python3: UnableToConcatenateString `Cannot allocate memory' @ fatal/string.c/ConcatenateString/519.", False),
        ("python3: UnableToExtendPixelCache `No space left on device' @ fatal/cache.c", True),
    ],
)
def test_one_that_waits_for_itself_after_a_shortage_was_not_slow(message: str, is_machines: bool) -> None:
    error = death_of(-signal.SIGKILL, message, is_late=True, was_starved=True, limits=LIMITS)

    assert (error.code, isinstance(error, MachineFault)) == ("conversion_memory", is_machines)


def test_less_memory_than_a_conversion_may_take_is_the_machines_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    picture = ConversionError(ErrorCode.CONVERSION_MEMORY, "Send it smaller.")
    damage = ConversionError(ErrorCode.CORRUPT, "It is damaged.")
    assert judged(picture, LIMITS) is picture

    monkeypatch.setattr(resource, "getrlimit", lambda _kind: (200_000_000, 200_000_000))
    curbed = judged(picture, LIMITS)

    assert (curbed.code, type(curbed)) == ("conversion_memory", MachineFault)
    assert "200 MB of memory that this machine allows" in str(curbed)
    assert judged(damage, LIMITS) is damage


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("[Errno 28] No space left on device: '/tmp/x'", "conversion_memory"),
        ("[Errno 11] Resource temporarily unavailable", "conversion_memory"),
        ("ImageMagick's library was not found", "conversion_failed"),
    ],
)
def test_a_start_without_enough_room_has_its_own_code(message: str, code: str) -> None:
    error = not_started(message)

    assert (error.code, type(error)) == (code, MachineFault)


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
