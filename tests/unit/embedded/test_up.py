import io
from pathlib import Path

import pytest
from imagejobs.embedded import up
from imagejobs.embedded.report import Report
from imagejobs.embedded.up import _choose_port, run_up
from imagejobs.errors import ConfigurationError
from imagejobs.settings.settings import Settings
from rich.console import Console


def test_a_data_directory_that_cannot_be_created_is_reported_before_anything_is_started(tmp_path: Path) -> None:
    taken = tmp_path / "file"
    taken.touch()
    settings = Settings(storage="filesystem", _env_file=None)
    with pytest.raises(ConfigurationError, match=r"^DATA_DIR .*/file/data cannot be used: .*--data-dir"):
        run_up(settings, port=None, data_dir=taken / "data", workers=None, console=Console())
    assert taken.read_bytes() == b""


@pytest.fixture
def nothing_free_but_20001(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(up, "why_not_free", lambda _port: "Address already in use")
    monkeypatch.setattr(up, "free_port", lambda: 20_001)


@pytest.mark.usefixtures("nothing_free_but_20001")
def test_only_the_default_port_gives_way_to_another_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("API_PORT", raising=False)
    output = io.StringIO()
    settings = Settings(storage="filesystem", _env_file=None)
    assert _choose_port(settings, None, Report(Console(file=output, width=200))) == 20_001
    expected = "port 3000 of 127.0.0.1 cannot be used (Address already in use): taking 20001 instead"
    assert output.getvalue().strip() == expected


@pytest.mark.parametrize(("asked", "name"), [(3000, "--port"), (None, "API_PORT")])
@pytest.mark.usefixtures("nothing_free_but_20001")
def test_a_chosen_port_that_is_in_use_is_an_error(asked: int | None, name: str) -> None:
    settings = Settings(storage="filesystem", api_port=3000, _env_file=None)
    with pytest.raises(ConfigurationError, match=f"^{name}: port 3000 of 127.0.0.1 cannot be used .*0 takes any free"):
        _choose_port(settings, asked, Report(Console(file=io.StringIO())))


@pytest.mark.parametrize("api_port", [0, 3000])
@pytest.mark.usefixtures("nothing_free_but_20001")
def test_port_0_is_any_free_one(api_port: int) -> None:
    output = io.StringIO()
    settings = Settings(storage="filesystem", api_port=api_port, _env_file=None)
    assert _choose_port(settings, 0, Report(Console(file=output))) == 20_001
    assert output.getvalue() == ""
