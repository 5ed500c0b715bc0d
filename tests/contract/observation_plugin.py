"""A pytest plugin: the tests of a folder must observe every response that the contract documents, and no other."""

from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

import pytest
from contract.observed_answers import Observations

SHOWN_PROBLEMS = 20
PART, WHOLE = "contract_observations", "contract_is_whole"
"""What a worker process of pytest-xdist reports to the main process, which judges all reports together."""


class ObservationPlugin:
    """Fails a test that provokes an undocumented response, and a run of the whole folder that leaves a gap."""

    def __init__(self, observations: Observations, folder: Path) -> None:
        self._observations = observations
        self._folder = folder
        self._deselected = False
        self._whole = False
        self._wholes: list[bool] = []

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, Any, Any]:
        """Record only the requests of this folder's tests, including those of their fixtures."""
        self._observations.asker = item.nodeid if item.path.is_relative_to(self._folder) else None
        self._told = len(self._observations.problems)
        try:
            return (yield)
        finally:
            self._observations.asker = None

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self) -> Generator[None, Any, Any]:
        """Fail a test that passed if a response broke the contract."""
        result = yield
        if problems := self._observations.problems[self._told :]:
            pytest.fail("\n".join(problems[:SHOWN_PROBLEMS]), pytrace=False)
        return result

    def pytest_deselected(self, items: Sequence[pytest.Item]) -> None:
        """Note that -k, -m, --lf or another option left out tests of the folder."""
        self._deselected |= any(item.path.is_relative_to(self._folder) for item in items)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Fail a run that passed if there are problems or, after the whole folder ran, gaps."""
        self._whole = self._is_whole(session)
        if hasattr(session.config, "workeroutput"):
            session.config.workeroutput |= {PART: self._observations.part(), WHOLE: self._whole}
            return
        if session.exitstatus == pytest.ExitCode.OK and (self._observations.problems or self._judged_gaps()):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Add the report of a pytest-xdist process that ended; one that died has sent none."""
        told = getattr(node, "workeroutput", {})
        self._wholes.append(told.get(WHOLE, False))
        if PART in told:
            self._observations.add(told[PART])

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Print the figures, then the gaps and problems."""
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
