from pathlib import Path

import pytest
from imagejobs.contract import files
from imagejobs.contract.files import contract_file
from imagejobs.errors import ConfigurationError


def test_a_checkouts_contracts_are_found() -> None:
    assert contract_file("openapi.yaml").parent.name == "contracts"
    assert contract_file("task_queue.schema.json").is_file()


def test_an_installed_packages_contracts_come_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "contracts").mkdir()
    (tmp_path / "contracts" / "openapi.yaml").write_text("openapi: 3.1.0")
    monkeypatch.setattr(files, "_PLACES", (tmp_path / "contracts", *files._PLACES))
    assert contract_file("openapi.yaml") == tmp_path / "contracts" / "openapi.yaml"


def test_a_missing_contract_is_a_broken_installation() -> None:
    with pytest.raises(ConfigurationError, match=r"missing\.yaml is missing .*install image-jobs again"):
        contract_file("missing.yaml")
