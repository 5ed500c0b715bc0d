"""The table of docs/reference/conversion.md names tests that exist, and every file of them."""

import ast
import re
from pathlib import Path

HERE = Path(__file__).parent
TABLE = (HERE.parents[1] / "docs" / "reference" / "conversion.md").read_text(encoding="utf-8")
NAMED = set(re.findall(r"`(test_\w+\.py)::(\w+)`", TABLE))


def functions_in(path: Path) -> set[tuple[str, str]]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = (node for node in tree.body if isinstance(node, ast.FunctionDef))
    return {(path.name, node.name) for node in functions if node.name.startswith("test_")}


FILES = sorted(HERE.glob("test_*.py"))
EXISTING = set().union(*map(functions_in, FILES))


def test_every_test_of_the_table_exists() -> None:
    assert NAMED <= EXISTING, sorted(NAMED - EXISTING)


def test_every_file_of_tests_is_in_the_table() -> None:
    assert {path.name for path in FILES} == {name for name, _ in NAMED}


def test_every_row_of_the_table_names_a_test() -> None:
    rows = re.findall(r"^\|.*\|$", TABLE[TABLE.index("## The table") :], re.MULTILINE)[2:]

    assert len(rows) >= 50
    assert [row for row in rows if "::test_" not in row] == []
