from pathlib import Path

import pytest
from imagejobs.embedded.up import run_up
from imagejobs.errors import ConfigurationError
from imagejobs.settings import Settings
from rich.console import Console


def test_a_data_directory_that_cannot_be_made_is_told_before_anything_is_started(tmp_path: Path) -> None:
    taken = tmp_path / "file"
    taken.touch()
    settings = Settings(storage="filesystem", _env_file=None)
    with pytest.raises(ConfigurationError, match=r"^DATA_DIR .*/file/data cannot be used: .*--data-dir"):
        run_up(settings, port=None, data_dir=taken / "data", workers=None, console=Console())
    assert taken.read_bytes() == b""
