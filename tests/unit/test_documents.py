"""Every link, path and test name in a Markdown page exists."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PRODUCT = ROOT / "services" / "imagejobs"
DOCS = ROOT / "docs"
FOLDERS = ("docs", "tests", "integration", "benchmarks", "scripts", "services", "contracts", "requirements", "samples")
ROOMS = tuple(path.name for path in PRODUCT.iterdir() if path.is_dir())
PAGES = sorted(
    path
    for folder in (ROOT, *(ROOT / name for name in FOLDERS))
    for path in (folder.glob("*.md") if folder == ROOT else folder.rglob("*.md"))
    if "node_modules" not in path.parts
)
HISTORY = {ROOT / "CHANGELOG.md", *DOCS.glob("measurements/*.md")}
"""Pages about the past, which may name modules that no longer exist."""

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
PATH = re.compile(
    rf"(?<![\w./-])((?:{'|'.join((*FOLDERS, *ROOMS))})(?:/[\w.-]+)*/(?:[\w-]+(?:\.\w+)+|[\w-]+(?=[`,.; )]))?)"
)
TEST = re.compile(r"(?<![\w/])(test_\w+)(\.py)?")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#+ +(.+)$", re.MULTILINE)

TEST_FILES = [path for folder in ("tests", "integration") for path in (ROOT / folder).rglob("test_*.py")]
TEST_NAMES = {path.stem for path in TEST_FILES} | {
    name for path in TEST_FILES for name in re.findall(r"def (test_\w+)", path.read_text(encoding="utf-8"))
}


def ids(path: Path) -> str:
    return str(path.relative_to(ROOT))


def text(page: Path) -> str:
    """The page without its code blocks, in which brackets and paths may mean something else."""
    return FENCE.sub("", page.read_text(encoding="utf-8"))


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub gives the headings: lower case, hyphens for spaces, no punctuation."""
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in HEADING.findall(text(page))}


def broken_links(page: Path) -> Iterator[str]:
    for link in LINK.findall(text(page)):
        if link.startswith(("https://", "http://")):
            continue
        address, _, anchor = link.partition("#")
        target = page.parent / address if address else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            yield link


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_links_lead_somewhere(page: Path) -> None:
    assert list(broken_links(page)) == []


@pytest.mark.parametrize("page", [page for page in PAGES if page not in HISTORY], ids=ids)
def test_paths_exist(page: Path) -> None:
    """A path may be relative to the root of the repository or to the package `imagejobs`."""
    paths = set(PATH.findall(text(page)))
    assert sorted(path for path in paths if not any((root / path).exists() for root in (ROOT, PRODUCT))) == []


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_named_tests_exist(page: Path) -> None:
    assert sorted({name for name, _ in TEST.findall(text(page))} - TEST_NAMES) == []


@pytest.mark.parametrize(
    ("index", "pages"),
    [
        (DOCS / "README.md", [*DOCS.glob("[!d]*/*.md"), DOCS / "decisions" / "README.md"]),
        (DOCS / "decisions" / "README.md", list(DOCS.glob("decisions/0*.md"))),
    ],
    ids=["docs", "decisions"],
)
def test_an_index_lists_every_page(index: Path, pages: list[Path]) -> None:
    listed = {(index.parent / link).resolve() for link in LINK.findall(text(index))}
    assert set(pages) - listed == set()


def test_a_broken_link_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# Title: one\n[a](page.md#title-one) [b](page.md#two) [c](other.md) [d](#title-one) [e](https://x.y/z)\n"
    )
    assert list(broken_links(page)) == ["page.md#two", "other.md"]


def test_paths_are_recognised() -> None:
    line = "`jobs/repair.py`, docs/guides/ and `tests/unit`; not application/json, a/b or https://host/tests/x.md"
    assert PATH.findall(line) == ["jobs/repair.py", "docs/guides/", "tests/unit"]
