"""How a client is generated: each folder beside this file has a `client.toml` with commands and pinned versions."""

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
"""Time limit of one command; a first installation downloads all dependencies."""
SHOWN = 8_000
"""Number of characters shown from the end of a failed command's output."""
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


class CommandFailed(Exception):
    """A command ended with an exit code other than 0."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """The shell commands of one client. They run in a folder with the client's files and the contract as openapi.yaml.

    The files that `install` makes are cached: they depend only on the command and on the files named in `versions`.
    `output` has regular expressions for the lines that `generate` may print; any other line counts as a warning.
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
        """The folder with the client's own files."""
        return CLIENTS / self.name

    def missing(self) -> list[str]:
        """The programs that the client needs and that are not on PATH."""
        return [program for program in self.needs if not shutil.which(program)]

    def warnings(self, printed: str) -> list[str]:
        """The lines of the generator's output that `output` does not allow."""
        lines = (COLOUR.sub("", line).strip() for line in printed.splitlines())
        return [line for line in lines if line and not any(re.fullmatch(known, line) for known in self.output)]


def load(name: str) -> Recipe:
    """Read the recipe of the client with this name."""
    read = tomllib.loads((CLIENTS / name / "client.toml").read_text())
    lists: dict[str, Any] = {key: tuple(read.pop(key, ())) for key in ("needs", "versions", "output")}
    return Recipe(name=name, install=read.pop("install", ""), **lists, **read)


def names() -> list[str]:
    """The names of all clients."""
    return sorted(file.parent.name for file in CLIENTS.glob("*/client.toml"))


@dataclass(frozen=True, slots=True)
class Workshop:
    """A folder in which one client is generated, compiled and run."""

    folder: Path

    def sh(self, command: str, **environment: str) -> str:
        """Run a shell command in the folder; its output on both streams. Raises CommandFailed."""
        return run(command, self.folder, environment)


def workshop(recipe: Recipe, folder: Path, contract: Path) -> Workshop:
    """Put the contract, the client's files and links to its installed files into `folder`."""
    installed = install(recipe)
    shutil.copytree(recipe.folder, folder, dirs_exist_ok=True)
    shutil.copyfile(contract, folder / "openapi.yaml")
    for made in installed.iterdir():
        if not (folder / made.name).exists():
            (folder / made.name).symlink_to(made)
    return Workshop(folder)


def install(recipe: Recipe) -> Path:
    """The cache folder with the client's installed files. Runs `install` if the folder is missing or incomplete."""
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
    """Let only one process at a time into this block."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def run(command: str, folder: Path, environment: Mapping[str, str]) -> str:
    """Run a shell command; its output on both streams. Raises CommandFailed with the end of that output."""
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
