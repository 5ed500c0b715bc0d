import pytest
from worlds.job_world import World


@pytest.fixture
def world() -> World:
    return World()
