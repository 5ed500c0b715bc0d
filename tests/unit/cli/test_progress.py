import io

import pytest
from imagejobs.cli.presentation.progress import progress_bar, report
from rich.console import Console


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("forced", [False, True])
def test_only_a_terminal_shows_progress(monkeypatch: pytest.MonkeyPatch, forced: bool) -> None:
    if forced:
        monkeypatch.setenv("FORCE_COLOR", "1")  # which makes rich take every file for a terminal
    for file in (io.StringIO(), Terminal()):
        with progress_bar(Console(file=file)) as progress:
            progress.advance(progress.add_task("uploading", total=1))
        assert ("uploading" in file.getvalue()) is isinstance(file, Terminal)


def test_a_report_is_one_line_where_there_is_no_terminal() -> None:
    out = io.StringIO()
    with progress_bar(Console(file=out, width=80)) as progress:
        report(progress, "a word " * 40)
    assert out.getvalue() == " ".join(["a word"] * 40) + "\n"


def test_on_a_terminal_it_is_wrapped_between_words_and_no_word_is_broken() -> None:
    out = Terminal()
    address = f"http://{'x' * 100}/"
    with progress_bar(Console(file=out, width=80, force_terminal=True, color_system=None)) as progress:
        report(progress, "a word " * 20 + address)
    lines = [line.strip() for line in out.getvalue().splitlines()]
    assert address in lines
    assert sum("word a word" in line for line in lines) == 2
