import errno
import heapq
import io
import os
import stat
import time
from collections.abc import Callable, Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from imagejobs.storage import files
from imagejobs.storage.filesystem import FilesystemStorage
from imagejobs.storage.object_storage import ObjectNotFound, StorageUnavailable

KEY = "raw/1.jpg"


@pytest.fixture
def storage(tmp_path: Path) -> FilesystemStorage:
    return FilesystemStorage(tmp_path / "objects", "http://127.0.0.1:3000/media", b"k" * 32)


def put(storage: FilesystemStorage, key: str = KEY, body: bytes = b"body") -> None:
    storage.put(key, io.BytesIO(body), len(body), "image/jpeg")


def signed(storage: FilesystemStorage, key: str = KEY) -> tuple[int, str]:
    query = parse_qs(urlsplit(storage.presigned_url(key, timedelta(minutes=5))).query)
    return int(query["expires"][0]), query["signature"][0]


def test_a_key_is_the_path_below_the_root(storage: FilesystemStorage, tmp_path: Path) -> None:
    put(storage)
    assert storage.path(KEY) == tmp_path / "objects" / "raw" / "1.jpg"
    assert storage.path(KEY).read_bytes() == b"body"


def test_a_link_out_of_the_root_cannot_be_asked_for_by_dots(storage: FilesystemStorage, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    put(storage)
    for key in ("../secret", "raw/../../secret", str(tmp_path / "secret"), ".hidden", "raw/.hidden"):
        with pytest.raises(ObjectNotFound):
            storage.path(key)
    assert list(storage.list("../")) == list(storage.list(f"{tmp_path}/")) == []


def test_a_failed_write_leaves_the_old_file_and_no_other(
    storage: FilesystemStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(storage, body=b"old")

    def disk_full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", disk_full)
    with pytest.raises(StorageUnavailable, match="No space left"):
        put(storage, body=b"new")
    assert [each.name for each in storage.path(KEY).parent.iterdir()] == ["1.jpg"]
    assert storage.get(KEY, 10) == b"old"


def test_the_file_is_synced_before_it_gets_its_name(
    storage: FilesystemStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[bool] = []
    real = os.fsync

    def spy(descriptor: int) -> None:
        synced.append(storage.path(KEY).exists())
        real(descriptor)

    monkeypatch.setattr(os, "fsync", spy)
    put(storage)
    assert synced == [False, True]


def test_unfinished_files_are_not_listed(storage: FilesystemStorage) -> None:
    put(storage)
    (storage.path(KEY).parent / ".put-unfinished").write_bytes(b"half")
    assert [info.key for info in storage.list("")] == [KEY]


def test_what_a_writer_that_died_left_is_removed_after_a_day(storage: FilesystemStorage) -> None:
    put(storage)
    drafts = [storage.path(KEY).parent / f".put-{age}" for age in (23, 25)]
    for draft, hours in zip(drafts, (23, 25), strict=True):
        draft.write_bytes(b"half")
        os.utime(draft, (time.time() - hours * 3600,) * 2)
    assert [info.key for info in storage.list("raw/")] == [KEY]
    assert [draft.exists() for draft in drafts] == [True, False]


def test_a_listing_holds_a_page_of_names_at_a_time(storage: FilesystemStorage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "WALK_PAGE", 3)
    held: list[int] = []
    real = heapq.nsmallest
    keys = sorted(["a-b.jpg", "a.jpg", "a/1.jpg", "a/2/3.jpg", "a0.jpg", *(f"raw/{n}.jpg" for n in range(10))])
    for key in keys:
        put(storage, key)

    def spy(count: int, names: Iterable[str]) -> list[str]:
        page = real(count, names)
        held.append(len(page))
        return page

    monkeypatch.setattr(heapq, "nsmallest", spy)
    assert [info.key for info in storage.list("")] == keys
    assert max(held) == 3
    assert len(held) >= len(keys) / 3


def test_a_listing_reads_no_further_than_it_is_asked(
    storage: FilesystemStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "WALK_PAGE", 2)
    for n in range(6):
        put(storage, f"raw/{n}.jpg")
    listing = storage.list("raw/")
    assert next(listing).key == "raw/0.jpg"
    put(storage, "raw/7.jpg")
    storage.delete("raw/1.jpg")
    storage.delete("raw/4.jpg")
    assert [info.key for info in listing] == ["raw/2.jpg", "raw/3.jpg", "raw/5.jpg", "raw/7.jpg"]


def test_a_directory_that_may_not_be_read_is_unavailable(
    storage: FilesystemStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_directory: Path) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(StorageUnavailable, match="Permission denied"):
        list(storage.list("raw/"))


def test_a_web_server_of_another_user_may_read_the_files(storage: FilesystemStorage) -> None:
    put(storage)
    assert stat.S_IMODE(storage.path(KEY).stat().st_mode) == 0o644


def test_the_content_type_follows_from_the_extension(storage: FilesystemStorage) -> None:
    for key, content_type in {
        "raw/1.JPG": "image/jpeg",
        "a.webp": "image/webp",
        "a": "application/octet-stream",
    }.items():
        put(storage, key)
        assert storage.head(key).content_type == content_type


class TestSignature:
    def test_it_is_good_until_it_expires(self, storage: FilesystemStorage) -> None:
        expires, signature = signed(storage)
        assert storage.verify(KEY, expires, signature, expires - 0.1)
        assert not storage.verify(KEY, expires, signature, expires)

    def test_it_is_for_one_key_one_time_and_one_secret(self, storage: FilesystemStorage, tmp_path: Path) -> None:
        expires, signature = signed(storage)
        now = expires - 10
        assert not storage.verify("raw/2.jpg", expires, signature, now)
        assert not storage.verify(KEY, expires + 1, signature, now)
        other = FilesystemStorage(tmp_path, "http://127.0.0.1:3000/media", b"o" * 32)
        assert not other.verify(KEY, expires, signature, now)

    @pytest.mark.parametrize("signature", ["", "0" * 64, "ä", "\ud800", "0" * 10_000])
    def test_a_made_up_one_is_refused(self, storage: FilesystemStorage, signature: str) -> None:
        expires, _ = signed(storage)
        assert not storage.verify(KEY, expires, signature, expires - 10)


@pytest.mark.parametrize(
    ("method", "use"), [("open", lambda storage: storage.get(KEY, 10)), ("unlink", lambda storage: storage.delete(KEY))]
)
def test_a_failing_disk_is_not_a_missing_object(
    method: str, use: Callable[[FilesystemStorage], object], storage: FilesystemStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(storage)

    def failing(*_: object, **__: Any) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as broken:
        broken.setattr(Path, method, failing)
        with pytest.raises(StorageUnavailable, match="Input/output error"):
            use(storage)
    assert storage.get(KEY, 10) == b"body"


def test_a_directory_that_cannot_be_made_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "objects").write_text("a file where the directory should be")
    storage = FilesystemStorage(tmp_path / "objects", "http://127.0.0.1/media", b"k" * 32)
    with pytest.raises(StorageUnavailable, match="DATA_DIR"):
        storage.ping()
    with pytest.raises(StorageUnavailable, match="objects"):
        put(storage)
