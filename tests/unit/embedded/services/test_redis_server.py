from pathlib import Path

import pytest
from imagejobs.embedded.services.redis_server import redis_server
from imagejobs.errors import ConfigurationError


def test_a_missing_program_is_an_error_that_names_the_packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ConfigurationError, match=r"make install.*apt-get install redis-server.*brew install redis"):
        redis_server(tmp_path, 1)
