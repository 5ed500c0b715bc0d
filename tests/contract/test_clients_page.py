"""The samples of docs/guides/clients.md are parts of the programs that `tox -e clients` runs."""

import re
from pathlib import Path
from textwrap import indent

import pytest
from clients.recipe import CLIENTS, load, names

PAGE = (CLIENTS.parent.parent / "docs/guides/clients.md").read_text()
SECTIONS = dict(zip(*[iter(re.split(r"^## (.+)\n", PAGE, flags=re.MULTILINE)[1:])] * 2, strict=True))
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
MARGINS = [mark * depth for mark in ("\t", "  ") for depth in range(5)]
"""Indentations that a part of a program may have."""


def test_every_client_has_its_section() -> None:
    """Every tested client has a section, and every section has a tested client."""
    assert sorted(SECTIONS) == names()


@pytest.mark.parametrize("name", names())
def test_samples_are_parts_of_the_program(name: str) -> None:
    """The page's command generates the tested client, and each sample is in the client's flow, line by line."""
    [(_, command), *samples] = BLOCK.findall(SECTIONS[name])
    assert command.strip() == load(name).generate
    [flow] = Path(CLIENTS, name).glob("[fF]low.*")
    program = flow.read_text()
    assert samples
    for _, sample in samples:
        assert any(indent(sample, margin) in program for margin in MARGINS), sample
