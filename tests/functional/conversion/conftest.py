import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from imagejobs.conversion.sandbox.pool import Converter
from measures.decoded_pictures import encode, photo
from worlds.conversion_children import slow_picture


@pytest.fixture
def converter() -> Iterator[Converter]:
    with Converter() as running:
        yield running


@pytest.fixture(scope="session")
def small() -> bytes:
    return encode(photo(), "PNG")


@pytest.fixture(scope="session")
def slow() -> bytes:
    return slow_picture()


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[Path]]:
    """Returns the existing working folders of children. They are created in the test's temporary folder."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return lambda: sorted(tmp_path.glob("imagejobs-conversion*"))
