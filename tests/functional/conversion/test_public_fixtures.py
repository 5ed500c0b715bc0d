"""The comparison with public fixtures reports the faults that it looks for. Nothing is downloaded."""

import io
import os
import signal
import struct
import tarfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from files import png as png_files
from files.gif import GifFrame, gif
from imagejobs.conversion.options import Options
from imagejobs.conversion.sandbox.pool import Converter
from measures.colour_science import SRGB, RgbSpace, to_srgb
from measures.decoded_pictures import Pixels, encode, photo
from PIL import Image
from public_fixtures import __main__ as program
from public_fixtures import fetching, known, summary
from public_fixtures.collection import Fixture, collect, in_sample_order
from public_fixtures.comparison import differences
from public_fixtures.confinement import References
from public_fixtures.fetching import Unavailable, fetch
from public_fixtures.known import Known
from public_fixtures.references import Shown, libvips, pillow
from public_fixtures.sources import SOURCES, PythonSource
from public_fixtures.summary import Report
from public_fixtures.trial import Outcome, Verdict, judge
from rich.console import Console

SIZE = (96, 64)
SOFT = np.dstack([photo(), photo()[..., 0]])


@pytest.fixture(scope="module")
def references() -> Iterator[References]:
    with References() as found:
        yield found


@pytest.fixture(scope="module")
def converter() -> Iterator[Converter]:
    with Converter() as found:
        yield found


def fixture(data: bytes, image_format: str = "png", path: str = "a.png") -> Fixture:
    return Fixture("project", path, image_format, data)


def animation(delays: Sequence[int], colours: Sequence[int] = (0, 1, 2)) -> bytes:
    frames = [GifFrame(0, 0, 40, 30, colour, delay=delay) for colour, delay in zip(colours, delays, strict=True)]
    return gif(40, 30, frames, [(250, 0, 0), (0, 250, 0), (0, 0, 250), (9, 9, 9)])


def verdict(source: bytes, output: bytes, references: References) -> Outcome:
    """The verdict on a service that converts `source` to `output`."""
    result = SimpleNamespace(data=output, receipt={"lossless": True, "quality": 100})
    return judge(fixture(source), references, SimpleNamespace(convert=lambda *_: result))  # type: ignore[arg-type]  # all that is used


def test_the_service_shows_what_the_references_show(references: References, converter: Converter) -> None:
    sources = [encode(SOFT, "PNG"), encode(photo(), "JPEG", quality=40), animation([10, 20, 30])]

    assert [judge(fixture(each), references, converter).verdict for each in sources] == [Verdict.SAME] * 3


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        (255 - photo(), "CIEDE2000"),
        (np.rint(photo() * 0.95).astype(np.uint8), "CIEDE2000"),
        (np.dstack([photo(), np.full(photo().shape[:2], 250)]).astype(np.uint8), "alpha"),
        (photo(95, 64), "pixels"),
    ],
    ids=["negative", "darker", "not opaque", "another size"],
)
def test_a_picture_that_is_shown_differently_is_different(output: Pixels, reason: str, references: References) -> None:
    found = verdict(encode(photo(), "PNG"), encode(output, "WEBP", lossless=True, exact=True), references)

    assert found.verdict is Verdict.DIFFERENT
    assert found.is_deviation
    assert reason in found.reason
    assert "Pillow" in found.reason
    assert "libvips" in found.reason


def test_what_coding_loses_is_no_difference() -> None:
    source, coded = pillow(encode(photo(), "PNG")), pillow(encode(photo(), "WEBP", quality=1))

    assert differences(source, coded, SIZE, quality=1) == []
    assert differences(source, coded, SIZE, quality=100) != []


def webp(source: bytes) -> bytes:
    with Image.open(io.BytesIO(source)) as image:
        frames, times = [], []
        for index in range(getattr(image, "n_frames", 1)):
            image.seek(index)
            frames.append(image.convert("RGBA"))
            times.append(image.info.get("duration", 0))
    buffer = io.BytesIO()
    frames[0].save(buffer, "WEBP", save_all=True, append_images=frames[1:], duration=times, lossless=True)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        (animation([10, 10, 10]), ""),
        (animation([10, 10, 40]), "ms"),
        (animation([10, 10, 10], (0, 2, 1)), "frame 1"),
        (animation([10, 10, 10], (0, 1, 3)), "frame 2"),
        (encode(np.full((30, 40, 3), (250, 0, 0), np.uint8), "PNG"), "frame 1"),
    ],
    ids=["the same", "another time", "another order", "another frame", "a still"],
)
def test_animations_are_compared_frame_by_frame(output: bytes, reason: str, references: References) -> None:
    found = verdict(animation([10, 10, 10]), webp(output), references)

    assert found.verdict is (Verdict.DIFFERENT if reason else Verdict.SAME)
    assert reason in found.reason


def test_frames_that_are_all_the_same_may_become_a_still(references: References) -> None:
    source = animation([10, 10, 10], (1, 1, 1))
    still = encode(np.full((30, 40, 3), (0, 250, 0), np.uint8), "WEBP", lossless=True)

    assert verdict(source, still, references).verdict is Verdict.SAME


def test_a_refusal_counts_only_where_the_references_read(references: References, converter: Converter) -> None:
    wide = judge(fixture(encode(photo(20_000, 2), "PNG")), references, converter)
    nothing = judge(fixture(b"\x89PNG\r\n\x1a\nnothing"), references, converter)

    assert (wide.verdict, wide.is_deviation) == (Verdict.REFUSED, True)
    assert "too_many_pixels" in wide.reason
    assert (nothing.verdict, nothing.is_deviation) == (Verdict.UNREAD, False)


def test_a_file_that_one_reference_shows_like_the_service_is_disputed(
    references: References, converter: Converter
) -> None:
    linear = png_files.png(photo(), 8, png_files.RGB, chunks=[(b"gAMA", struct.pack(">I", 100_000))])

    assert judge(fixture(linear), references, converter).verdict is Verdict.DISPUTED


def test_the_gamma_of_a_png_is_calculated() -> None:
    data = png_files.png(photo(), 8, png_files.RGB, chunks=[(b"gAMA", struct.pack(">I", 100_000))])
    expected = np.rint(to_srgb(photo(), RgbSpace("linear", SRGB.primaries, 1.0)))

    assert np.array_equal(pillow(data).first[..., :3], expected)
    assert np.array_equal(libvips(data).first[..., :3], photo())


@pytest.mark.parametrize("show", [pillow, libvips])
def test_the_references_turn_a_picture_upright(show: Callable[[bytes], Shown]) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    shown = show(encode(photo(), "PNG", exif=exif))

    assert shown.size == (64, 96)
    assert np.array_equal(shown.first[..., :3], np.rot90(photo(), -1))


def test_a_file_may_end_the_process_that_decodes_it(references: References) -> None:
    (child,) = references._executor._processes
    os.kill(child, signal.SIGKILL)
    died = references.show(encode(photo(), "PNG"))
    after = references.show(encode(photo(), "PNG"))

    assert [type(each) for each in died.values()] == [str]
    assert [type(each) for each in after.values()] == [Shown, Shown]


def test_pictures_are_found_by_their_names_and_by_their_bytes(tmp_path: Path) -> None:
    picture, archive = encode(photo(), "PNG"), tmp_path / "archive"
    files = {
        "p-1/a.png": picture,
        "p-1/b.bin": picture,
        "p-1/c.tif": picture,
        "p-1/d.JPG": b"damaged",
        "p-1/e.txt": b"text",
        "p-1/f.png": b"",
        "p-1/g.png": bytes(Options().max_bytes + 1),
    }
    with tarfile.open(archive, "w:gz") as opened:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            opened.addfile(member, io.BytesIO(data))

    found = [(each.path, each.format) for each in collect("p", archive)]

    assert found == [("a.png", "png"), ("b.bin", "png"), ("c.tif", "png"), ("d.JPG", "jpeg")]


def test_the_sample_is_spread_over_formats_and_projects_and_always_the_same() -> None:
    def named(image_format: str, project: str, count: int) -> list[Fixture]:
        return [Fixture(project, f"{n}", image_format, f"{image_format} {project} {n}".encode()) for n in range(count)]

    fixtures = [*named("png", "a", 50), *named("png", "b", 2), *named("gif", "a", 3), *named("gif", "b", 1)]
    copies = [Fixture("copy", each.path, each.format, each.data) for each in fixtures]
    order = in_sample_order(fixtures)

    assert in_sample_order([*copies, *reversed(fixtures)]) == order
    assert sorted(each.digest for each in order) == sorted(each.digest for each in fixtures)
    assert {(each.format, each.project) for each in order[:4]} == {
        (image_format, project) for image_format in ("png", "gif") for project in ("a", "b")
    }
    assert [each.format for each in order[:8]] == ["gif", "png"] * 4


def test_an_archive_is_kept_and_has_to_be_the_pinned_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fetched: list[str] = []

    def download(source: PythonSource, folder: Path) -> Path:
        fetched.append(source.project)
        (folder / "archive").write_bytes(b"content")
        return folder / "archive"

    monkeypatch.setattr(fetching, "CACHE", tmp_path)
    monkeypatch.setattr(fetching, "_from_index", download)
    right = PythonSource("a", "1", "ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73")

    assert fetch(right).read_bytes() == fetch(right).read_bytes() == b"content"
    assert fetched == ["a"]
    with pytest.raises(Unavailable, match="SHA-256"):
        fetch(PythonSource("b", "1", "0" * 64))


def test_a_command_that_fails_says_why_nothing_is_fetched(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="sh: no such thing"):
        fetching._run(["sh", "-c", "echo first >&2; echo no such thing >&2; exit 3"], tmp_path)


def test_every_source_is_pinned_once() -> None:
    assert len({each.sha256 for each in SOURCES}) == len({each.project for each in SOURCES}) == len(SOURCES)
    assert all(len(each.sha256) == 64 for each in SOURCES)


def report() -> Report:
    return Report(
        [
            Outcome(fixture(b"1", path="same.png"), Verdict.SAME),
            Outcome(fixture(b"2", path="other.png"), Verdict.DIFFERENT, "a difference"),
            Outcome(fixture(b"3", "gif", "old.gif"), Verdict.REFUSED, "a refusal"),
            Outcome(fixture(b"4", path="damaged.png"), Verdict.UNREAD),
        ],
        ["project (release): a reason"],
    )


def test_a_deviation_is_a_finding_unless_its_reason_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    console = Console(record=True, width=160, file=io.StringIO())
    reasons = (Known("an old kind", (("project", "old*"),)), Known("mended since", (("project", "same.png"),)))
    monkeypatch.setattr(known, "KNOWN", reasons)
    summary.show(report(), console)
    lines = console.export_text()

    assert [each.fixture.path for each in report().findings] == ["other.png"]
    assert [each.fixture.path for each in report().needless] == ["same.png"]
    assert "different: project/other.png: a difference" in lines
    assert "known, 1 files: an old kind" in lines
    assert "same.png" in lines
    assert "not fetched: project (release): a reason" in lines


@pytest.mark.parametrize(
    ("pictures", "wanted", "status"),
    [([photo()], 1, 0), ([photo()], 2, 1), ([photo(20_000, 2)], 1, 1)],
    ids=["all is well", "too few files", "a refusal"],
)
def test_the_exit_status_tells(
    pictures: list[Pixels],
    wanted: int,
    status: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    files = [fixture(encode(each, "PNG"), path=f"{n}.png") for n, each in enumerate(pictures)]
    monkeypatch.setattr(program, "_fetched", lambda *_: iter(files))
    monkeypatch.setattr("sys.argv", ["public_fixtures", "--files", str(wanted), "--keep", str(tmp_path / "kept")])
    with pytest.raises(SystemExit) as left:
        program.main()
    printed = capsys.readouterr().out

    assert left.value.code == status
    assert ("only 1 of 2 files" in printed) == (wanted == 2)
    assert (tmp_path / "kept" / "project_0.png").exists() == ("refused: project/0.png" in printed)


def test_an_archive_that_cannot_be_had_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: object) -> Path:
        raise Unavailable("no network")

    monkeypatch.setattr(program, "fetch", refuse)
    found = Report()

    assert list(program._fetched(found, Console(file=io.StringIO()))) == []
    assert len(found.unavailable) == len(SOURCES)
    assert all("no network" in each for each in found.unavailable)
