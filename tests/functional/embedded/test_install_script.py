"""scripts/install.sh with stand-ins for apt-get, sudo, id and uname: what it does, and what it prints."""

import hashlib
import os
import shutil
import subprocess
import sys
from ctypes.util import find_library
from dataclasses import dataclass
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[3] / "scripts" / "install.sh"
TOOLS = ("sh", "dirname", "env", "cat", "rm", "chmod")
HAS_MAGICK = any(find_library(f"MagickWand-{name}") for name in ("6.Q16", "7.Q16", "7.Q16HDRI"))

pytestmark = pytest.mark.skipif(not HAS_MAGICK, reason="needs ImageMagick's library: make install")


@dataclass
class Checkout:
    """A directory in which everything is installed, and a PATH with stand-ins only."""

    root: Path
    bin: Path

    def program(self, name: str, text: str) -> None:
        path = self.bin / name
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)

    def calls(self) -> list[str]:
        log = self.root / "calls"
        return log.read_text().splitlines() if log.exists() else []

    def run(self, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["/bin/sh", str(self.root / "scripts" / "install.sh"), *arguments],
            env={"PATH": str(self.bin), "PYTHON": sys.executable, **env},
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    made = Checkout(tmp_path, tmp_path / "bin")
    for directory in ("bin", "scripts", "requirements", ".venv/bin"):
        (tmp_path / directory).mkdir(parents=True)
    shutil.copy(SCRIPT, tmp_path / "scripts")
    for name in TOOLS:
        (made.bin / name).symlink_to(shutil.which(name) or name)
    log = tmp_path / "calls"
    for name in ("apt-get", "apt-cache", "sudo"):
        made.program(name, f'echo "{name} $*" >>{log}')
    made.program("redis-server", "")
    made.program("id", "echo 1000")
    made.program("uname", "echo Linux")
    _install_venv(tmp_path, log)
    return made


def _install_venv(root: Path, log: Path) -> None:
    """A .venv whose stamps show that everything is installed. Its pip only records its calls."""
    python = root / ".venv" / "bin" / "python"
    python.write_text(f'#!/bin/sh\nif [ "$2" = pip ]; then echo "$*" >>{log}; exit; fi\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    (root / ".venv" / "bin" / "imagejobs").write_text("#!/bin/sh\n")
    (root / ".venv" / "bin" / "imagejobs").chmod(0o755)
    for name in ("build", "runtime", "dev"):
        (root / "requirements" / f"{name}.txt").write_text(f"# {name}\n")
        _stamp(root, name, f"requirements/{name}.txt")
    (root / "pyproject.toml").write_text("")
    _stamp(root, "project", "pyproject.toml")


def _stamp(root: Path, name: str, file: str) -> None:
    digest = hashlib.sha256((root / file).read_bytes()).hexdigest()
    (root / ".venv" / f".installed-{name}").write_text(f"{digest}\n")


def test_nothing_is_done_when_all_is_there(checkout: Checkout) -> None:
    done = checkout.run("dev")
    assert (done.returncode, done.stdout, done.stderr) == (0, "install: everything is installed\n", "")
    assert checkout.calls() == []


def test_a_changed_requirements_file_alone_is_installed_again_with_its_hashes(checkout: Checkout) -> None:
    (checkout.root / "requirements" / "runtime.txt").write_text("# changed\n")
    assert checkout.run().stdout == "install: installing requirements/runtime.txt\ninstall: everything is installed\n"
    assert [call.split("version-check ")[1] for call in checkout.calls()] == [
        "--require-hashes -r requirements/runtime.txt"
    ]
    assert checkout.run().stdout == "install: everything is installed\n"


def test_a_failed_installation_is_not_stamped(checkout: Checkout) -> None:
    (checkout.root / "requirements" / "runtime.txt").write_text("# changed\n")
    python = checkout.root / ".venv" / "bin" / "python"
    python.write_text(python.read_text().replace("; exit;", "; exit 1;"))
    for _ in range(2):
        failed = checkout.run()
        assert failed.returncode == 1
        assert (
            failed.stderr
            == "install: pip could not install (see its message above): check the network and run this again\n"
        )


def test_a_missing_requirements_file_is_not_skipped(checkout: Checkout) -> None:
    (checkout.root / "requirements" / "build.txt").unlink()
    failed = checkout.run()
    assert failed.returncode == 1
    assert failed.stderr == "install: requirements/build.txt is missing: this checkout is incomplete\n"


def test_a_missing_redis_server_is_installed_through_sudo_without_starting_it(checkout: Checkout) -> None:
    redis_server = checkout.bin / "redis-server"
    redis_server.unlink()
    log = checkout.root / "calls"
    appears = f"echo '#!/bin/sh' >{redis_server}; chmod 755 {redis_server}"
    checkout.program("sudo", f'echo "sudo $*" >>{log}; case "$*" in *install*) {appears};; esac')
    done = checkout.run()
    assert done.stderr == ""
    assert "install: installing redis-server" in done.stdout
    assert checkout.calls()[0] == "sudo apt-get update -qq"
    said_to_root = "\n".join(checkout.calls()[1:])
    assert "RUNLEVEL=1" in said_to_root
    assert said_to_root.endswith("apt-get install -y -qq --no-install-recommends redis-server")


def test_without_root_and_sudo_the_exact_command_is_named(checkout: Checkout) -> None:
    (checkout.bin / "redis-server").unlink()
    (checkout.bin / "sudo").unlink()
    failed = checkout.run()
    assert failed.returncode == 1
    assert failed.stderr == (
        "install: missing: redis-server. sudo was not found: as root, run apt-get install redis-server\n"
    )
    assert checkout.calls() == []


def test_a_program_that_apt_get_did_not_install_is_an_error(checkout: Checkout) -> None:
    (checkout.bin / "redis-server").unlink()
    failed = checkout.run()
    assert failed.returncode == 1
    assert failed.stderr == "install: still missing after apt-get: redis-server\n"


def test_on_macos_the_formulae_are_named_and_nothing_is_installed(checkout: Checkout) -> None:
    (checkout.bin / "redis-server").unlink()
    checkout.program("uname", "echo Darwin")
    failed = checkout.run()
    assert failed.returncode == 1
    assert failed.stderr == "install: missing: redis-server. Install with: brew install redis\n"
    assert checkout.calls() == []


def test_an_old_python_is_refused(checkout: Checkout) -> None:
    shutil.rmtree(checkout.root / ".venv")
    checkout.program("old-python", 'if [ "$1" = --version ]; then echo Python 3.9.2; else exit 1; fi')
    failed = checkout.run(PYTHON=os.fspath(checkout.bin / "old-python"))
    assert failed.returncode == 1
    assert failed.stderr.startswith("install: Python 3.9.2 is too old: install Python 3.11 or newer")


def test_an_unknown_argument_is_refused(checkout: Checkout) -> None:
    failed = checkout.run("prod")
    assert failed.returncode == 1
    assert failed.stderr == "install: unknown argument prod: use scripts/install.sh or scripts/install.sh dev\n"
