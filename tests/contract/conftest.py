"""Every answer that these tests provoke is written down and held against the contract."""

from functools import partial
from pathlib import Path

import pytest
from contract.observation_plugin import ObservationPlugin
from contract.observed_answers import Observations, Recorder
from imagejobs.contract.openapi import load_contract
from worlds import memory_api

OBSERVATIONS = Observations(load_contract())
memory_api.AROUND.append(partial(Recorder, observations=OBSERVATIONS))


def pytest_configure(config: pytest.Config) -> None:
    """Runs late, too, when pytest comes upon this folder by itself."""
    config.pluginmanager.register(ObservationPlugin(OBSERVATIONS, Path(__file__).parent))
