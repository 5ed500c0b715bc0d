"""Fetch source archives with the package clients as they are configured on this machine, and cache them."""

import hashlib
import os
import shutil
import subprocess
import tempfile
import tomllib
from collections.abc import Sequence
from pathlib import Path

import httpx2
from public_fixtures.sources import DebianSource, PythonSource, Source
from uv import find_uv_bin

CACHE = Path(os.environ.get("IMAGE_JOBS_CACHE") or Path.home() / ".cache/image-jobs") / "public-fixtures"
_SECONDS = 600.0
"""Timeout of one command or download."""
_KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")


class Unavailable(Exception):
    """An archive cannot be fetched on this machine; the message says why."""


def fetch(source: Source) -> Path:
    """The path of the archive in the cache, fetched first if it is missing. Raises Unavailable."""
    kept = CACHE / source.sha256
    if not kept.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as folder:
            fetched = _from_index(source, Path(folder)) if isinstance(source, PythonSource) else _from_apt(source)
            _check(fetched, source)
            fetched.replace(kept)
    return kept


def _check(archive: Path, source: Source) -> None:
    with archive.open("rb") as opened:
        found = hashlib.file_digest(opened, "sha256").hexdigest()
    if found != source.sha256:
        archive.unlink()
        raise Unavailable(f"{archive.name} is not the pinned archive: its SHA-256 is {found}")


def _from_index(source: PythonSource, folder: Path) -> Path:
    """Download a source distribution. uv finds its address in the configured index; nothing is built or run."""
    lock = folder / "pylock.toml"
    command = [find_uv_bin(), "pip", "compile", "-q", "--no-deps", "--format", "pylock.toml", "-o", str(lock), "-"]
    _run(command, wanted=f"{source.project}=={source.version}\n")
    (package,) = tomllib.loads(lock.read_text())["packages"]
    if "sdist" not in package:
        raise Unavailable("the index has no source distribution of this version")
    archive = folder / "archive"
    try:
        with httpx2.stream("GET", package["sdist"]["url"], timeout=_SECONDS, follow_redirects=True) as answer:
            answer.raise_for_status()
            with archive.open("wb") as opened:
                for part in answer.iter_bytes():
                    opened.write(part)
    except httpx2.HTTPError as error:
        raise Unavailable(f"the download failed: {error}") from error
    return archive


def _from_apt(source: DebianSource) -> Path:
    """Download an upstream archive from this machine's mirror, with apt lists of its own beside the system's."""
    root = CACHE / f"apt-{source.release}"
    options = _apt_options(root)
    if not (root / "updated").exists():
        _prepare(root, source.release, options)
    folder = root / source.project
    folder.mkdir(exist_ok=True)
    _run(["apt-get", *options, "source", "--download-only", "--tar-only", "-q", source.project], folder)
    archives = [each for each in folder.iterdir() if ".orig.tar." in each.name and not each.name.endswith(".asc")]
    if len(archives) != 1:
        raise Unavailable(f"apt fetched {len(archives)} upstream archives instead of one")
    return archives[0]


def _prepare(root: Path, release: str, options: Sequence[str]) -> None:
    for part in ("lists/partial", "cache/archives/partial"):
        (root / part).mkdir(parents=True, exist_ok=True)
    (root / "sources.list").write_text(f"deb-src [signed-by={_KEYRING}] {_mirror()} {release} main\n")
    _run(["apt-get", *options, "update", "-q"])
    (root / "updated").touch()


def _apt_options(root: Path) -> list[str]:
    settings = {
        "Dir::Etc::SourceList": root / "sources.list",
        "Dir::Etc::SourceParts": "/dev/null",
        "Dir::State::Lists": root / "lists",
        "Dir::Cache": root / "cache",
        "APT::Sandbox::User": "",  # apt's own user may not write to this user's cache
    }
    return [part for name, value in settings.items() for part in ("-o", f"{name}={value}")]


def _mirror() -> str:
    """The address of the Debian archive in this machine's apt sources."""
    if not shutil.which("apt-get"):
        raise Unavailable("apt-get is not installed")
    if not _KEYRING.exists():
        raise Unavailable(f"{_KEYRING} is missing (package debian-archive-keyring)")
    lines = _run(["apt-get", "indextargets", "--format", "$(LABEL) $(REPO_URI)", "Created-By: Packages"]).splitlines()
    mirrors = [address for label, _, address in (line.partition(" ") for line in lines) if label == "Debian"]
    if not mirrors:
        raise Unavailable("apt's lists have no Debian archive (run apt-get update)")
    return mirrors[0]


def _run(command: Sequence[str], folder: Path | None = None, wanted: str = "") -> str:
    """Run a command and return its output. Raises Unavailable with the last line of its stderr."""
    ended = subprocess.run(
        command, cwd=folder, input=wanted, capture_output=True, encoding="utf-8", timeout=_SECONDS, check=False
    )
    if ended.returncode:
        reasons = ended.stderr.strip().splitlines() or [f"exit status {ended.returncode}"]
        raise Unavailable(f"{Path(command[0]).name}: {reasons[-1]}")
    return ended.stdout
