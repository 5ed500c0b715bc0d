import io

import pytest
from PIL import Image
from worlds.backends import Backend, FencingBackend, GuideBackend


@pytest.fixture(params=["guide", "fencing"])
def backend(request: pytest.FixtureRequest) -> Backend:
    return GuideBackend() if request.param == "guide" else FencingBackend()


@pytest.fixture
def guide() -> GuideBackend:
    return GuideBackend()


@pytest.fixture
def fencing() -> FencingBackend:
    return FencingBackend()


@pytest.fixture(scope="session")
def picture() -> bytes:
    """A small JPEG."""
    file = io.BytesIO()
    Image.linear_gradient("L").convert("RGB").save(file, "JPEG")
    return file.getvalue()
