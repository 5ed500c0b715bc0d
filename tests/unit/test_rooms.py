"""ARCHITECTURE.md shows the layers that import-linter enforces, and no folder has too many modules."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PRODUCT = ROOT / "services" / "imagejobs"
MOST_MODULES = 14


def test_the_picture_is_the_contract() -> None:
    picture = re.findall(r"^([a-z_ ]+) │", (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8"), re.MULTILINE)
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    layers = next(contract["layers"] for contract in settings["contracts"] if contract["type"] == "layers")
    assert [line.split() for line in picture] == [re.findall(r"\w+", layer) for layer in layers]


FOLDERS = sorted({path.parent for path in PRODUCT.rglob("*.py")})


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: str(path.relative_to(PRODUCT.parent)))
def test_a_folder_has_few_modules(folder: Path) -> None:
    modules = sorted(path.name for path in folder.glob("*.py") if path.name != "__init__.py")
    assert len(modules) <= MOST_MODULES, (
        f"{folder} has {len(modules)} modules: make a room of those that belong together"
    )
