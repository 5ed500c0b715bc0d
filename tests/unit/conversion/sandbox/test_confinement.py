import errno
import resource
import sys
from types import ModuleType, SimpleNamespace

import pytest
from imagejobs.conversion.sandbox.confinement import (
    FORBIDDEN_CALLS,
    FORBIDDEN_COMMANDS,
    NEWER_CALLS,
    Limits,
    allow_cpu_seconds,
    allow_file_of,
    forbid_system_calls,
    limit_resources,
)

ENDLESS = resource.RLIM_INFINITY
Pair = tuple[int, int]


class Kernel:
    """The soft and hard limits of a simulated process, so that the tests' own limits stay unchanged."""

    def __init__(self, hard: int, used: float) -> None:
        self.limits: dict[int, Pair] = {}
        self._hard = hard
        self._used = used

    def getrlimit(self, kind: int) -> Pair:
        return self.limits.get(kind, (self._hard, self._hard))

    def setrlimit(self, kind: int, limits: Pair) -> None:
        assert self._hard == ENDLESS or 0 <= limits[1] <= self._hard, "no process may raise its hard limit"
        self.limits[kind] = limits

    def getrusage(self, _who: int) -> SimpleNamespace:
        return SimpleNamespace(ru_utime=self._used, ru_stime=self._used / 2)


def kernel(monkeypatch: pytest.MonkeyPatch, hard: int = ENDLESS, used: float = 0.0) -> Kernel:
    made = Kernel(hard, used)
    for name in ("getrlimit", "setrlimit", "getrusage"):
        monkeypatch.setattr(resource, name, getattr(made, name))
    return made


def test_every_limit_is_set_for_good(monkeypatch: pytest.MonkeyPatch) -> None:
    made = kernel(monkeypatch)

    limit_resources(Limits(seconds=3, memory_bytes=1000, file_bytes=2000))

    assert made.limits == {
        resource.RLIMIT_AS: (1000, 1000),
        resource.RLIMIT_FSIZE: (2000, 2000),
        resource.RLIMIT_CORE: (0, 0),
        resource.RLIMIT_NOFILE: (64, 64),
    }


def test_where_less_is_allowed_it_stays_less(monkeypatch: pytest.MonkeyPatch) -> None:
    made = kernel(monkeypatch, hard=50)

    limit_resources(Limits(memory_bytes=1000, file_bytes=40))

    assert made.limits[resource.RLIMIT_AS] == (50, 50)
    assert made.limits[resource.RLIMIT_FSIZE] == (40, 40)
    assert made.limits[resource.RLIMIT_NOFILE] == (50, 50)


@pytest.mark.parametrize(("used", "until"), [(0.0, 11), (0.5, 11), (0.7, 12), (100.0, 161)])
def test_processor_time_counts_from_what_was_used(used: float, until: int, monkeypatch: pytest.MonkeyPatch) -> None:
    made = kernel(monkeypatch, used=used)

    allow_cpu_seconds(10)

    assert made.limits == {resource.RLIMIT_CPU: (until, ENDLESS)}


def test_processor_time_can_be_allowed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    made = kernel(monkeypatch, hard=60, used=40.0)

    allow_cpu_seconds(10)
    assert made.limits == {resource.RLIMIT_CPU: (60, 60)}


def test_a_file_may_be_as_large_as_the_pixels_that_are_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    made = kernel(monkeypatch, hard=4_000)

    for pixels, allowed in ((100, 2_000), (1_000, 4_000), (50, 1_000)):
        allow_file_of(pixels)
        assert made.limits == {resource.RLIMIT_FSIZE: (allowed, 4_000)}


class Filter:
    """A stand-in for pyseccomp's filter that only records its rules."""

    def __init__(self, action: object) -> None:
        self.action = action
        self.rules: dict[object, object] = {}
        self.attributes: list[tuple[object, int]] = []
        self.loaded = False

    def add_rule(self, action: object, call: str | int, *_conditions: object) -> None:
        assert not self.loaded
        self.rules[call] = action

    def set_attr(self, name: object, value: int) -> None:
        assert not self.loaded
        self.attributes.append((name, value))

    def load(self) -> None:
        self.loaded = True


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[Filter]:
    """The filters that are made with a stand-in for pyseccomp; a real filter could not be removed again."""
    filters: list[Filter] = []

    def system_call_filter(action: object) -> Filter:
        filters.append(Filter(action))
        return filters[-1]

    library = ModuleType("pyseccomp")
    vars(library).update(
        ERRNO=lambda number: ("errno", number),
        ALLOW="allow",
        Arg=lambda *numbers: numbers,
        MASKED_EQ="masked",
        NE="other",
        Attr=SimpleNamespace(CTL_TSYNC="every thread"),
        SyscallFilter=system_call_filter,
    )
    monkeypatch.setitem(sys.modules, "pyseccomp", library)
    monkeypatch.setattr(sys, "platform", "linux")
    return filters


def test_every_forbidden_call_is_refused_in_every_thread(made: list[Filter]) -> None:
    assert forbid_system_calls()

    (calls,) = made
    assert calls.loaded
    assert calls.action == "allow"
    assert {
        calls.rules[name]
        for name in (*FORBIDDEN_CALLS, *FORBIDDEN_COMMANDS, *NEWER_CALLS.values(), "clone", "tgkill", "prlimit64")
    } == {("errno", errno.EPERM)}
    assert calls.rules["clone3"] == ("errno", errno.ENOSYS)
    assert calls.attributes == [("every thread", 1)]


def test_other_systems_forbid_nothing(made: list[Filter], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")

    assert not forbid_system_calls()
    assert made == []


def test_a_missing_library_is_logged(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setitem(sys.modules, "pyseccomp", None)

    assert not forbid_system_calls()
    assert "libseccomp is missing" in caplog.text
