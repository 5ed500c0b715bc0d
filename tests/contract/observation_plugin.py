"""pytest plugin: the tests of a folder must observe every answer that the contract documents, and no other."""

from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

import pytest
from contract.observed_answers import Observations

SHOWN_PROBLEMS = 20
PART, WHOLE = "contract_observations", "contract_is_whole"
"""What a process of pytest-xdist tells the one that started it, which asks no API itself and judges them together."""


class ObservationPlugin:
    """A test that provokes an answer against the contract fails; a gap fails the run, if the whole folder ran."""

    def __init__(self, observations: Observations, folder: Path) -> None:
        self._observations = observations
        self._folder = folder
        self._deselected = False
        self._whole = False
        self._wholes: list[bool] = []

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, Any, Any]:
        """Only what this folder's tests ask is written down, from their fixtures' first request on."""
        self._observations.asker = item.nodeid if item.path.is_relative_to(self._folder) else None
        self._told = len(self._observations.problems)
        try:
            return (yield)
        finally:
            self._observations.asker = None

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self) -> Generator[None, Any, Any]:
        """After a test that passed: was every answer a documented one?"""
        result = yield
        if problems := self._observations.problems[self._told :]:
            pytest.fail("\n".join(problems[:SHOWN_PROBLEMS]), pytrace=False)
        return result

    def pytest_deselected(self, items: Sequence[pytest.Item]) -> None:
        """-k, -m, --lf and the like leave tests out."""
        self._deselected |= any(item.path.is_relative_to(self._folder) for item in items)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """A run that was whole and passed fails after all when something is left."""
        self._whole = self._is_whole(session)
        if hasattr(session.config, "workeroutput"):
            session.config.workeroutput |= {PART: self._observations.part(), WHOLE: self._whole}
            return
        if session.exitstatus == pytest.ExitCode.OK and (self._observations.problems or self._judged_gaps()):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """A process of pytest-xdist ended; one that died has told nothing."""
        told = getattr(node, "workeroutput", {})
        self._wholes.append(told.get(WHOLE, False))
        if PART in told:
            self._observations.add(told[PART])

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """The figures, then what is wrong."""
        if not self._observations.answers:
            return
        note = "" if self._whole else "; only a part ran, so what is missing does not count"
        terminalreporter.write_sep("=", "contract")
        terminalreporter.write_line(f"{self._observations.summary()}{note}")
        for gap in self._judged_gaps():
            terminalreporter.write_line(f"gap: {gap} was not observed", red=True)
        for problem in self._observations.problems[:SHOWN_PROBLEMS]:
            terminalreporter.write_line(f"against the contract: {problem}", red=True)

    def _judged_gaps(self) -> list[str]:
        return self._observations.gaps() if self._whole else []

    def _is_whole(self, session: pytest.Session) -> bool:
        if session.shouldstop or session.shouldfail:
            return False
        if self._wholes:
            return all(self._wholes)
        files = {item.path for item in session.items}
        return not (
            self._deselected
            or session.config.option.collectonly
            or any("::" in arg for arg in session.config.args)
            or set(self._folder.rglob("test_*.py")) - files
        )
