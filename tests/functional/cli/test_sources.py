"""Which files of a folder are submitted."""

import os
from pathlib import Path

import pytest
from imagejobs.cli.submission.sources import Skipped, Source, find_sources
from worlds.api_requests import image_bytes


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Images in two folders, and files that are not images."""
    folder = tmp_path / "photos"
    (folder / "2024" / "may").mkdir(parents=True)
    (folder / ".thumbnails").mkdir()
    (folder / ".thumbnails" / "t.png").write_bytes(image_bytes())
    (folder / "b.png").write_bytes(image_bytes())
    (folder / "2024" / "a.JPG").write_bytes(b"a picture by its name only")
    (folder / "2024" / "may" / "without-extension").write_bytes(image_bytes("webp"))
    (folder / "notes.txt").write_text("text")
    (folder / ".hidden.png").write_bytes(image_bytes())
    return folder


def found(*paths: Path) -> tuple[list[tuple[str, str]], dict[str, str]]:
    sources, skipped = [], {}
    for each in find_sources(paths):
        if isinstance(each, Source):
            sources.append((each.file.name, each.place.as_posix()))
        else:
            skipped[each.file.name] = each.reason
    return sources, skipped


def test_images_by_their_first_bytes_or_their_extension_with_their_places(photos: Path) -> None:
    sources, skipped = found(photos)
    assert sources == [
        ("b.png", "b.png"),
        ("a.JPG", "2024/a.JPG"),
        ("without-extension", "2024/may/without-extension"),
    ]
    assert skipped == {
        "notes.txt": "not an image of a known format",
        ".hidden.png": "hidden",
        ".thumbnails": "hidden",
    }


def test_a_file_that_is_named_is_a_source_whatever_it_is(photos: Path) -> None:
    assert found(photos / "notes.txt", photos / ".hidden.png") == (
        [("notes.txt", "notes.txt"), (".hidden.png", ".hidden.png")],
        {},
    )


def test_loops_end_and_no_folder_is_entered_twice(photos: Path) -> None:
    (photos / "2024" / "up").symlink_to("..")
    (photos / "2024" / "self").symlink_to("self")
    (photos / "twice").symlink_to("2024")
    sources, skipped = found(photos)
    assert len(sources) == 3
    assert skipped["up"] == skipped["twice"] == "a link to a folder that is included already"
    assert skipped["self"].startswith("cannot be read")


def test_a_link_to_another_folder_is_entered(photos: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "c.gif").write_bytes(image_bytes("gif"))
    (photos / "linked").symlink_to(tmp_path / "elsewhere")
    assert ("c.gif", "linked/c.gif") in found(photos)[0]


def test_a_pipe_is_not_opened(photos: Path) -> None:
    os.mkfifo(photos / "pipe.png")
    (photos / "dangling.png").symlink_to("nowhere")
    skipped = found(photos)[1]
    assert skipped["pipe.png"] == "not a regular file"
    assert skipped["dangling.png"].startswith("cannot be read")


def test_a_folder_that_cannot_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def iterdir(_: Path) -> list[Path]:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", iterdir)
    assert list(find_sources([tmp_path])) == [Skipped(tmp_path, "cannot be read: Permission denied")]
