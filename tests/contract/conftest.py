"""Records every response that these tests provoke, and compares it with the contract."""

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
    """Register the plugin; also called later, if pytest finds this folder only while collecting."""
    config.pluginmanager.register(ObservationPlugin(OBSERVATIONS, Path(__file__).parent))
