"""A short run of the fuzzer, and proofs that it reports the faults that it looks for."""

import io
import os
import tempfile
import time
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import NoReturn

import pytest
from fuzz import __main__ as program
from fuzz import trial
from fuzz.bytewise import Mutation
from fuzz.campaign import Plan, Report, run
from fuzz.corpus import Seed, corpus
from fuzz.keeping import Keeper
from fuzz.mutants import Mutant, mutant
from fuzz.pieces import pieces
from fuzz.png_frames import move_frame_data, rewrite_pixels
from fuzz.reducing import reduced
from fuzz.structural import change_content, repaired
from imagejobs.conversion.errors import ConversionError, ErrorCode, corrupt
from imagejobs.conversion.formats.probe import Probe
from imagejobs.conversion.formats.probe import probe as probe_of_the_product
from imagejobs.conversion.options import Options
from imagejobs.conversion.sandbox.pool import Converter
from imagejobs.conversion.sandbox.result import Picture, Result
from measures.decoded_pictures import encode, photo
from PIL import Image
from servers.processes import wait_until

FORMATS = ("jpeg", "png", "gif", "webp", "heic", "avif", "tiff")
NUMBERED = {b"fcTL", b"fdAT"}
FEW = Plan(seed=3, seconds=60, last=19)
"""A plan for the first 20 files: several of them reach the child."""


def few(keeper: Keeper | None = None) -> Report:
    return run(FEW, keeper or Keeper(None))


def breaking(monkeypatch: pytest.MonkeyPatch, action: Callable[[], object]) -> None:
    """Call `action` whenever the trial reads a header."""
    original = probe_of_the_product

    def probe(*arguments: object) -> Probe:
        action()
        return original(*arguments)  # type: ignore[arg-type]  # handed on as they came

    monkeypatch.setattr(trial, "probe", probe)


def converting(monkeypatch: pytest.MonkeyPatch, answer: Callable[[Result], Result]) -> None:
    """Replace each result of a child by `answer` of that result."""
    original = Converter.convert
    monkeypatch.setattr(Converter, "convert", lambda *arguments: answer(original(*arguments)))


def moving_png() -> bytes:
    """An animated PNG of three frames, the first of which is also the still picture."""
    frames = [Image.fromarray(photo(40, 30)).rotate(turn) for turn in (0, 90, 180)]
    buffer = io.BytesIO()
    frames[0].save(buffer, "PNG", save_all=True, append_images=frames[1:], duration=50)
    return buffer.getvalue()


def pixels_of(data: bytes) -> list[bytes]:
    """The contents of the chunks with pixels, without sequence numbers and checksums."""
    parts = [each for each in pieces(data) if data[each.kind] in {b"IDAT", b"fdAT"}]
    return [data[each.payload + 4 : each.end - 4] for each in parts]


def loop() -> NoReturn:
    while True:
        pass


def test_the_service_survives_damaged_files() -> None:
    report = run(Plan(seed=20261125, seconds=300, last=599), Keeper(None))

    assert report.failures == []
    assert report.accepted > 20
    assert {code for _, code in report.outcomes} >= {"converted", "corrupt", "truncated", "unsupported_type"}
    assert {image_format for image_format, _ in report.outcomes} >= {"jpeg", "png", "gif", "webp"}


def test_sides_that_a_small_picture_does_not_reach_are_one_rendition() -> None:
    seed = Seed("png", "small", encode(photo(16, 12), "PNG"))
    options = Options(max_side=40, renditions=(16, 8))
    whole = Mutant(seed=0, number=0, origin=seed, changes=(), options=options, data=seed.data)
    found = trial.look(whole)
    assert isinstance(found, Probe)

    with Converter() as converter:
        assert trial.convert(converter, whole, found).code == "converted"


def test_two_children_work_at_the_same_time() -> None:
    report = run(replace(FEW, children=2), Keeper(None))

    assert (report.failures, report.files, report.replaced) == ([], 20, 0)


@pytest.mark.parametrize("kind", [IndexError, RecursionError, MemoryError, OSError])
def test_another_exception_while_reading_a_header_is_a_failure(
    kind: type[Exception], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> NoReturn:
        raise kind("of the header")

    breaking(monkeypatch, fail)
    report = few(Keeper(tmp_path))

    assert (report.of("failure"), report.accepted, len(report.failures)) == (20, 0, 20)
    assert all(kind.__name__ in each and "of the header" in each for each in report.failures)
    assert len(list(tmp_path.glob("failure-3-*"))) == 40, "for each failure the file and its report"
    assert all(kind.__name__ in each.read_text() for each in tmp_path.glob("*.txt"))


def test_a_kept_file_can_be_tried_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    breaking(monkeypatch, lambda: 1 // 0)
    for folder, plan in (("all", FEW), ("alone", replace(FEW, first=7, last=7))):
        run(plan, Keeper(tmp_path / folder))
    alone = {each.name: each.read_bytes() for each in (tmp_path / "alone").iterdir()}

    assert len(alone) == 2
    assert {name: (tmp_path / "all" / name).read_bytes() for name in alone} == alone


def test_a_header_that_takes_for_ever_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "PROBE_SECONDS", 0.02)
    breaking(monkeypatch, loop)
    report = run(replace(FEW, last=2), Keeper(None))

    assert len(report.failures) == 3
    assert all("TooSlow" in each for each in report.failures)


@pytest.mark.parametrize(
    "other",
    [
        lambda picture: replace(picture, width=picture.width + 1),
        lambda picture: replace(picture, data=b"RIFF"),
        lambda picture: replace(picture, data=picture.data[: len(picture.data) // 2]),
        lambda picture: replace(picture, data=encode(photo(picture.width, picture.height), "PNG")),
        lambda picture: replace(picture, data=encode(photo(picture.width + 1, picture.height), "WEBP")),
        lambda picture: Picture(picture.width + 1, 1, encode(photo(picture.width + 1, 1), "WEBP")),
    ],
    ids=["wrong width", "not a picture", "half a picture", "a PNG", "a picture of another width", "another size"],
)
def test_a_result_that_is_not_what_it_says_is_a_failure(
    other: Callable[[Picture], Picture], monkeypatch: pytest.MonkeyPatch
) -> None:
    converting(monkeypatch, lambda result: replace(result, pictures=tuple(map(other, result.pictures))))
    report = few()

    assert report.of("converted") == 0
    assert report.of("failure") == len(report.failures) > 0


def test_a_crash_of_the_child_is_counted_and_kept_but_no_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(_: Result) -> NoReturn:
        raise ConversionError(ErrorCode.CONVERSION_CRASH, "it crashed")

    converting(monkeypatch, crash)
    report = few(Keeper(tmp_path))

    assert report.failures == []
    assert report.of("conversion_crash") > 0
    assert len(list(tmp_path.glob("conversion_crash-3-*.txt"))) == report.of("conversion_crash")


@pytest.mark.parametrize(
    ("left", "what"),
    [
        (lambda: os.open(os.devnull, os.O_RDONLY), "descriptors"),
        (tempfile.mkdtemp, "folders"),
    ],
)
def test_what_is_left_behind_is_a_failure(
    left: Callable[[], int | str], what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[int | str] = []
    breaking(monkeypatch, lambda: made.append(left()))
    report = run(replace(FEW, last=0), Keeper(None))
    for each in made:
        if isinstance(each, int):
            os.close(each)

    assert any(what in each for each in report.failures)


@pytest.mark.parametrize(("is_broken", "status"), [(False, 0), (True, 1)])
def test_the_exit_status_tells(
    is_broken: bool, status: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if is_broken:
        breaking(monkeypatch, lambda: 1 // 0)
    monkeypatch.setattr("sys.argv", ["fuzz", "--seed", "3", "--file", "7", "--nice", "0"])
    with pytest.raises(SystemExit) as left:
        program.main()

    assert left.value.code == status
    assert f"failures of the parent: {int(is_broken)}" in " ".join(capsys.readouterr().out.split())


def test_the_files_to_begin_with_are_the_same_at_any_time() -> None:
    before, second = corpus(FORMATS), int(time.time())
    wait_until(lambda: int(time.time()) > second)

    assert corpus.__wrapped__(FORMATS) == before


def test_a_file_is_made_by_its_number_alone() -> None:
    files = corpus(FORMATS)

    assert mutant(1, 5, files) == mutant(1, 5, files)
    assert len({mutant(seed, number, files).data for seed in (1, 2) for number in range(20)}) == 40


def test_the_parts_of_every_file_are_known() -> None:
    def are_known(seed: Seed) -> bool:
        found = pieces(seed.data)
        return bool(found) and all(0 <= each.start <= each.payload <= each.end <= len(seed.data) for each in found)

    assert [f"{each.format}, {each.name}" for each in corpus(FORMATS) if not are_known(each)] == []


def test_a_changed_png_gets_its_checksums() -> None:
    whole = encode(photo(), "PNG")
    changed = change_content(Random(1), whole, b"")  # noqa: S311 - must be repeatable

    assert changed != whole
    assert repaired(whole) == whole
    assert repaired(changed) != changed


@pytest.mark.parametrize("change", [move_frame_data, rewrite_pixels])
def test_a_changed_animated_png_gets_its_numbers(change: Mutation) -> None:
    whole = moving_png()
    changed = {repaired(change(Random(number), whole, b"")) for number in range(30)}  # noqa: S311 - must be repeatable

    assert repaired(whole) == whole
    assert len(changed) > 15
    for each in changed:
        found = [each[piece.payload : piece.payload + 4] for piece in pieces(each) if each[piece.kind] in NUMBERED]
        assert found == [number.to_bytes(4, "big") for number in range(len(found))]
        sums = [each[piece.end - 4 : piece.end] for piece in pieces(each)]
        assert sums == [zlib.crc32(each[p.kind.start : p.end - 4]).to_bytes(4, "big") for p in pieces(each)]


def test_each_picture_of_an_animated_png_is_rewritten() -> None:
    whole = moving_png()
    changed = [rewrite_pixels(Random(number), whole, b"") for number in range(30)]  # noqa: S311 - must be repeatable
    kept = {tuple(part in each for part in pixels_of(whole)) for each in changed}

    assert kept >= {(False, True, True), (True, False, True), (True, True, False)}


def test_a_file_is_reduced_to_what_it_takes() -> None:
    assert len(reduced(bytes(5000) + b"culprit" + bytes(3000), lambda data: b"culprit" in data, 30)) < 100


def test_damage_of_one_kind_is_told_by_its_code(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> NoReturn:
        raise corrupt("The file")

    breaking(monkeypatch, refuse)
    report = few()

    assert (report.of("corrupt"), report.failures) == (20, [])
