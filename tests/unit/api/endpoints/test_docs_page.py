import re
from importlib import util
from typing import Any

import pytest
from imagejobs.api.endpoints.docs_page import DOCS_PAGE, docs_assets
from imagejobs.errors import ConfigurationError
from worlds.memory_api import memory_api


def test_the_page_refers_to_this_server_only() -> None:
    answer = memory_api().client().get("/docs")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert not re.search(r"https?:|//[a-z]", answer.text)
    addresses = re.findall(r'(?:src|href|url)[=:]\s*"([^"]+)"', answer.text)
    assert len(addresses) == 4
    assert all(address.startswith(("/docs/assets/", "/openapi.json", "data:,")) for address in addresses)


@pytest.mark.parametrize("address", re.findall(r'"(/[^"]+)"', DOCS_PAGE))
def test_everything_that_the_page_refers_to_is_served(address: str) -> None:
    answer = memory_api().client().get(address)
    assert answer.status_code == 200
    assert len(answer.content) > 1_000


def test_the_style_sheet_loads_nothing_from_elsewhere() -> None:
    assert not re.search(r"url\(\s*['\"]?(?:https?:)?//", (docs_assets() / "swagger-ui.css").read_text())


def test_the_assets_do_not_lead_out_of_their_folder() -> None:
    client = memory_api().client()
    for path in (
        "/docs/assets/../__init__.py",
        "/docs/assets/%2e%2e/__init__.py",
        "/docs/assets/",
        "/docs/assets/x.js",
    ):
        assert client.get(path).status_code == 404


def test_a_missing_package_is_a_broken_installation(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(_name: str) -> Any:
        return None

    monkeypatch.setattr("imagejobs.api.endpoints.docs_page.find_spec", nothing)
    assert util.find_spec("swagger_ui")
    with pytest.raises(ConfigurationError, match="swagger-ui-py is missing; install image-jobs again"):
        docs_assets()
