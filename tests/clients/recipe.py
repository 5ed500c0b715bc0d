"""How a client is made: each folder beside this file has a `client.toml` with the commands, and its pinned versions."""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CLIENTS = Path(__file__).parent
CACHE = Path(os.environ.get("IMAGE_JOBS_CACHE") or Path.home() / ".cache/image-jobs") / "clients"
SECONDS = 600.0
"""The most that one command may take; a first installation downloads everything."""
SHOWN = 8_000
"""Characters of a failed command's output that are shown, from its end."""
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


class CommandFailed(Exception):
    """A command ended with another code than 0."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """The commands of one client, each for `sh` in a folder with the client's files and the contract as openapi.yaml.

    What `install` makes depends only on itself and on the files named in `versions`, so it is kept in the cache.
    `output` lists, as regular expressions, the lines that `generate` may print: any other one counts as a warning.
    """

    name: str
    needs: tuple[str, ...]
    versions: tuple[str, ...]
    install: str
    generate: str
    output: tuple[str, ...]
    compile: str
    run: str

    @property
    def folder(self) -> Path:
        """Where the client's own files are."""
        return CLIENTS / self.name

    def missing(self) -> list[str]:
        """The programs it needs that are not on PATH."""
        return [program for program in self.needs if not shutil.which(program)]

    def warnings(self, printed: str) -> list[str]:
        """The lines of the generator's output that are not expected."""
        lines = (COLOUR.sub("", line).strip() for line in printed.splitlines())
        return [line for line in lines if line and not any(re.fullmatch(known, line) for known in self.output)]


def load(name: str) -> Recipe:
    """The recipe in the folder of this name."""
    read = tomllib.loads((CLIENTS / name / "client.toml").read_text())
    lists: dict[str, Any] = {key: tuple(read.pop(key, ())) for key in ("needs", "versions", "output")}
    return Recipe(name=name, install=read.pop("install", ""), **lists, **read)


def names() -> list[str]:
    """Every client."""
    return sorted(file.parent.name for file in CLIENTS.glob("*/client.toml"))


@dataclass(frozen=True, slots=True)
class Workshop:
    """The folder in which one client is generated, compiled and run."""

    folder: Path

    def sh(self, command: str, **environment: str) -> str:
        """What the command printed, on both streams. Raises CommandFailed."""
        return run(command, self.folder, environment)


def workshop(recipe: Recipe, folder: Path, contract: Path) -> Workshop:
    """A folder with the contract, the client's files and what its installation made."""
    installed = install(recipe)
    shutil.copytree(recipe.folder, folder, dirs_exist_ok=True)
    shutil.copyfile(contract, folder / "openapi.yaml")
    for made in installed.iterdir():
        if not (folder / made.name).exists():
            (folder / made.name).symlink_to(made)
    return Workshop(folder)


def install(recipe: Recipe) -> Path:
    """The folder in the cache with what `install` makes; made unless it is there and whole."""
    files = {name: (recipe.folder / name).read_bytes() for name in recipe.versions}
    digest = hashlib.sha256(repr((recipe.install, sorted(files.items()))).encode()).hexdigest()[:16]
    folder = CACHE / f"{recipe.name}-{digest}"
    with locked(folder.with_suffix(".lock")):
        whole = folder / ".whole"
        if not whole.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            for name, content in files.items():
                (folder / name).write_bytes(content)
            run(recipe.install, folder, {})
            whole.touch()
    return folder


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Only one process at a time is in this block."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def run(command: str, folder: Path, environment: Mapping[str, str]) -> str:
    """What the command printed, on both streams. Raises CommandFailed, with that."""
    search = os.pathsep.join([str(folder / "venv/bin"), str(Path(sys.executable).parent), os.environ["PATH"]])
    ended = subprocess.run(
        ["/bin/sh", "-euc", command],
        cwd=folder,
        env={**os.environ, "PATH": search, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        timeout=SECONDS,
        check=False,
    )
    if ended.returncode:
        raise CommandFailed(f"{command!r} ended with {ended.returncode}:\n{ended.stdout[-SHOWN:]}")
    return ended.stdout
