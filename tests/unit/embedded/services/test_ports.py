import pytest
from imagejobs.embedded.services import ports
from imagejobs.embedded.services.ports import free_port
from imagejobs.errors import ConfigurationError


def test_no_free_port_is_an_error_with_a_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "why_not_free", lambda _port: "in use")
    with pytest.raises(ConfigurationError, match="--port"):
        free_port()
