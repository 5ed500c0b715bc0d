import pytest
from job_world import World


@pytest.fixture
def world() -> World:
    return World()
