"""The list of error codes of images is the same in the contract, the code and the documents."""

import re
from pathlib import Path
from typing import Any

import pytest
from imagejobs.contract.openapi import load_contract
from imagejobs.conversion.errors import ErrorCode

DOCUMENTS = Path(__file__).parents[2] / "docs" / "reference"
SCHEMA: dict[str, Any] = load_contract().document["components"]["schemas"]["ImageErrorCode"]
CODES = {each.value for each in ErrorCode}


def test_the_contract_lists_every_code_of_the_engine_and_no_other() -> None:
    assert set(SCHEMA["enum"]) == CODES


def test_the_contract_says_what_each_means() -> None:
    assert set(re.findall(r"`([a-z_]+)`", SCHEMA["description"])) == CODES


@pytest.mark.parametrize("code", sorted(CODES - {"conversion_failed"}))
def test_the_page_on_conversion_says_when_it_comes(code: str) -> None:
    assert f"`{code}`" in (DOCUMENTS / "conversion.md").read_text()
