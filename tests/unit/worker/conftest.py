import io

import pytest
from backends import Backend, FencingBackend, GuideBackend
from PIL import Image


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
