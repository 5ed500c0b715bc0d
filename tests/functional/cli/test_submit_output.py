"""`imagejobs submit --output`: the results of folders, saved as files."""

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from imagejobs.client.download import DownloadFailed, download
from imagejobs.storage.memory import MemoryStorage
from servers.api_server import served
from servers.http_proxy import http_proxy
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from worlds.api_requests import image_bytes
from worlds.command_line import data, failure
from worlds.memory_api import MemoryApi

Run = Callable[..., Any]
KEY = "optimized/x-optimized.webp"
SMALL_KEY = "optimized/x-optimized-4.webp"
WEBP, SMALL = image_bytes("webp"), image_bytes("webp", 4, 3)


def receipt(output: bytes) -> dict[str, Any]:
    facts = {"mimetype": "image/webp", "bytes": len(output), "width": 8, "height": 6, "frames": 1}
    facts["sha256"] = hashlib.sha256(output).hexdigest()
    return {"source": facts, "output": facts, "orientation": 1, "lossless": True, "quality": 100} | {
        "encoder": "e",
        "durationMs": 3,
    }


DONE = {"status": "COMPLETED", "outputImageKey": KEY, "outputImageURL": "https://x.invalid/x", "receipt": receipt(WEBP)}
RENDITIONS = [
    {"key": KEY, "url": "https://x.invalid/x", "width": 8, "height": 6, "bytes": len(WEBP)},
    {"key": SMALL_KEY, "url": "https://x.invalid/s", "width": 4, "height": 3, "bytes": len(SMALL)},
]


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch, api: MemoryApi) -> Iterator[dict[str, bytes]]:  # noqa: ARG001 - its storage
    """The objects at the public address of the storage, by key."""
    objects = {KEY: WEBP, SMALL_KEY: SMALL}

    def get(request: Request) -> Response:
        found = objects.get(request.path_params["key"])
        return Response(status_code=404) if found is None else Response(found, media_type="image/webp")

    with served(Starlette(routes=[Route("/{key:path}", get)])) as address:
        monkeypatch.setattr(MemoryStorage, "public_url", lambda _, key: f"{address}/{key}")
        yield objects


@pytest.fixture
def submit(
    run: Run, worker: Callable[..., AbstractContextManager[None]], bucket: dict[str, bytes], photos: Path
) -> Run:
    """A function that submits the folder of photos, while a worker reports the given update."""
    assert bucket

    def arrange(*options: str, **update: Any) -> Any:
        with worker(**(update or DONE)):
            return run("submit", "--timeout", "20", *options, str(photos))

    return arrange


@pytest.fixture
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three images. Two of their names differ only in the extension."""
    monkeypatch.chdir(tmp_path)
    for name in ("a.jpg", "a.png", "2024/b.png"):
        (tmp_path / "photos" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "photos" / name).write_bytes(image_bytes())
    return tmp_path / "photos"


def files(folder: str) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in Path(folder).rglob("*") if path.is_file()
    }


def test_each_result_is_saved_under_its_sources_name_in_its_folder(submit: Run) -> None:
    result = submit("--output", "out", "--json")
    assert [each["outputs"] for each in data(result)] == [["out/a.webp"], ["out/a-2.webp"], ["out/2024/b.webp"]]
    assert files("out") == {"a.webp": WEBP, "a-2.webp": WEBP, "2024/b.webp": WEBP}
    assert result.stderr == ""


def test_renditions_are_saved_beside_it(submit: Run) -> None:
    result = submit("--output", "out", **DONE, renditions=RENDITIONS)
    assert result.exit_code == 0, result.stderr
    assert files("out")["2024/b-4.webp"] == SMALL
    assert len(files("out")) == 6
    assert "  saved as out/2024/b-4.webp" in result.stdout


def test_nothing_that_exists_is_overwritten_and_nothing_is_sent(submit: Run, api: MemoryApi) -> None:
    Path("out").mkdir()
    Path("out/a-2.webp").write_bytes(b"mine")
    result = submit("--output", "out", "--json")
    assert result.exit_code == 2
    assert "out/a-2.webp would be overwritten" in failure(result)["message"]
    assert files("out") == {"a-2.webp": b"mine"}
    api.assert_untouched()
    assert submit("--output", "out", "--force").exit_code == 0
    assert files("out")["a-2.webp"] == WEBP


def test_nor_is_a_rendition_that_exists(submit: Run) -> None:
    Path("out").mkdir()
    Path("out/a-4.webp").write_bytes(b"mine")
    result = submit("--output", "out", "--json", **DONE, renditions=RENDITIONS)
    first, *others = failure(result)["data"]
    assert (first["error"]["code"], "outputs" in first) == ("not_saved", False)
    assert files("out")["a-4.webp"] == b"mine"
    assert "a.webp" not in files("out"), "a result is saved with all of its renditions or not at all"
    assert all(len(each["outputs"]) == 2 for each in others)
    assert "out/a-4.webp exists already: add --force" in result.stderr


def test_a_result_that_is_not_what_the_receipt_says_is_not_saved(submit: Run, bucket: dict[str, bytes]) -> None:
    bucket[KEY] = WEBP[:-1] + bytes([WEBP[-1] ^ 1])
    result = submit("--output", "out")
    assert result.exit_code == 1
    assert result.stderr.count("gave other bytes than the job's receipt says") == 3
    assert "imagejobs: 3 of 3 file(s) failed: 3 not saved" in result.stderr
    assert files("out") == {}


@pytest.mark.parametrize(("content", "reason"), [(None, "answered 404"), (WEBP + b"x", "has more than")])
def test_a_result_that_cannot_be_read_is_named(
    submit: Run, bucket: dict[str, bytes], content: bytes | None, reason: str
) -> None:
    if content is None:
        del bucket[KEY]
    else:
        bucket[KEY] = content
    result = submit("--output", "out")
    assert result.exit_code == 1
    assert reason in result.stderr
    assert files("out") == {}


def test_a_folder_that_cannot_be_written_is_named(submit: Run) -> None:
    Path("file").touch()
    result = submit("--output", "file/out")
    assert result.exit_code == 1
    assert "cannot be written: Not a directory" in result.stderr


def test_a_job_that_fails_does_not_keep_the_others_from_being_saved(
    submit: Run, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (photos / "cut.png").write_bytes(image_bytes()[:-20])
    document = failure(submit("--output", "out", "--json"))
    assert document["message"] == "1 of 4 file(s) failed: 1 not accepted"
    assert len(files("out")) == 3
    monkeypatch.undo()


def test_a_folder_without_images_is_an_error_that_says_why(run: Run, api: MemoryApi, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "notes.txt").write_text("text")
    document = failure(run("submit", "--json", str(tmp_path / "empty"), str(tmp_path / "notes")))
    assert document["error"]["code"] == "no_images"
    assert "notes.txt (not an image of a known format)" in document["message"]
    api.assert_untouched()


@pytest.mark.usefixtures("api")
def test_an_empty_folder_is_an_error_that_says_so(run: Run, tmp_path: Path) -> None:
    document = failure(run("submit", "--json", str(tmp_path)))
    assert document["message"] == f"No images were found in {tmp_path}: there are no files."


@pytest.mark.usefixtures("api")
def test_skipped_files_are_reported(run: Run, photos: Path) -> None:
    (photos / "notes.txt").write_text("text")
    (photos / ".hidden.png").write_bytes(image_bytes())
    result = run("submit", "--json", str(photos))
    assert [(Path(each["file"]).name, each["skipped"]) for each in data(result) if "skipped" in each] == [
        (".hidden.png", "hidden"),
        ("notes.txt", "not an image of a known format"),
    ]
    assert "notes.txt (not an image of a known format)" in result.stderr


def test_a_name_that_is_not_text_is_sent_and_saved(run: Run, api: MemoryApi, photos: Path) -> None:
    (photos / os.fsdecode(b"\xff.png")).write_bytes(image_bytes())
    result = run("submit", str(photos))
    assert result.exit_code == 0, result.stderr
    assert [job.original_filename for job in api.all_jobs()][-2] == "?.png"
    assert "\N{REPLACEMENT CHARACTER}.png" in result.stdout


def test_a_proxy_of_the_environment_is_not_asked(bucket: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    with http_proxy(status=403) as proxy:
        for name, value in proxy.environment.items():
            monkeypatch.setenv(name, value)
        assert download(MemoryStorage().public_url(KEY), 1000) == bucket[KEY]
        assert proxy.heads == []


def test_results_come_through_api_proxy_but_for_those_on_this_machine(bucket: dict[str, bytes]) -> None:
    here = MemoryStorage().public_url(KEY)
    port = int(here.split(":")[2].partition("/")[0])
    with http_proxy(server_port=port) as proxy:
        assert download(here, 1000, proxy.url) == bucket[KEY]
        assert proxy.heads == []
        assert download(f"http://pub.invalid/{KEY}", 1000, proxy.url) == bucket[KEY]
        assert len(proxy.heads) == 1


def test_an_error_through_a_proxy_names_it() -> None:
    with (
        http_proxy(status=403) as proxy,
        pytest.raises(DownloadFailed, match=f"through the proxy http://127.0.0.1:{proxy.port} answered 403"),
    ):
        download(f"http://pub.invalid/{KEY}", 1000, proxy.url)


def test_submit_hands_api_proxy_on(submit: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_PROXY", "http://127.0.0.1:9")
    asked: list[str] = []

    def record(_: str, __: int, proxy: str) -> bytes:
        asked.append(proxy)
        return WEBP

    monkeypatch.setattr("imagejobs.cli.submission.results.download", record)
    assert submit("--output", "out").exit_code == 0
    assert asked == ["http://127.0.0.1:9"] * 3
