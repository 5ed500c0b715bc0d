import sys

import pytest
from imagejobs.embedded.supervision.death_signal import death_signal_hook


def test_systems_without_it_have_no_hook(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert death_signal_hook() is None
