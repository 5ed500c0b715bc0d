"""The module that Dramatiq imports, `imagejobs.worker.app`, each time in a new process."""

import os
import subprocess
import sys
from pathlib import Path

from imagejobs.dispatch.tasks import TASKS
from worlds.api_requests import image_bytes

SHOW_ACTORS = (
    "import imagejobs.worker.app as app; print({name: actor.queue_name for name, actor in app.broker.actors.items()})"
)


def run(code: str, directory: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run Python code in `directory`, with these settings only."""
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LD_LIBRARY_PATH"}}
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=directory,
        env=kept | environment,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_it_declares_the_actors_that_the_adapter_sends_to_and_connects_to_nothing(tmp_path: Path) -> None:
    done = run(SHOW_ACTORS, tmp_path, STORAGE="filesystem", REDIS_URI="redis://127.0.0.1:1/0")
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str({task.actor: task.queue for task in TASKS.values()})


def test_wrong_settings_end_it_with_their_names_and_no_traceback(tmp_path: Path) -> None:
    done = run(SHOW_ACTORS, tmp_path, MAX_SIDE="0", STORAGE="filesystem")
    assert done.returncode == 1
    assert "the settings are wrong:\nMAX_SIDE: " in done.stderr
    assert "Traceback" not in done.stderr


def test_a_storage_that_cannot_be_opened_ends_it_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    done = run(SHOW_ACTORS, tmp_path, STORAGE="filesystem", DATA_DIR="data")
    assert done.returncode == 1
    assert "check DATA_DIR" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_options_of_the_conversion_are_the_settings(tmp_path: Path) -> None:
    code = "import imagejobs.worker.app as app; print(app.conversion_options(app.load_settings()))"
    wanted = {
        "MAX_SIDE": "100", "RENDITIONS": "50, 20", "WEBP_QUALITY": "auto", "TARGET_SSIM": "0.9",
        "MAX_UPLOAD_BYTES": "1000", "MAX_PIXELS": "2000", "MAX_FRAMES": "3",
    }  # fmt: skip
    done = run(code, tmp_path, STORAGE="filesystem", **wanted)
    assert done.returncode == 0, done.stderr
    for option in ("max_side=100", "renditions=(50, 20)", "quality='auto'", "target_ssim=0.9"):
        assert option in done.stdout
    for option in ("max_bytes=1000", "max_pixels=2000", "max_frames=3"):
        assert option in done.stdout


def test_what_a_conversion_gives_is_a_webp_within_the_settings_and_its_receipt(tmp_path: Path) -> None:
    (tmp_path / "in.png").write_bytes(image_bytes("png", 64, 48))
    code = (
        "import pathlib, imagejobs.worker.app as app; settings = app.load_settings(); "
        "converter = app.Converter(app.conversion_limits(settings)); "
        "done = app.process_image(settings, converter).convert(pathlib.Path('in.png').read_bytes()); "
        "converter.close(); "
        "print([(p.width, p.height, p.data[8:12]) for p in done.pictures], done.receipt['output']['width'])"
    )
    done = run(code, tmp_path, STORAGE="filesystem", MAX_SIDE="16", RENDITIONS="8,4")
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[(16, 12, b'WEBP'), (8, 6, b'WEBP'), (4, 3, b'WEBP')] 16"


def test_the_use_case_uses_the_limits_and_the_lease_of_the_settings(tmp_path: Path) -> None:
    code = (
        "import imagejobs.worker.app as app; settings = app.load_settings(); "
        "made = app.process_image(settings, app.Converter(app.conversion_limits(settings))); "
        "print(made.images.output_prefix, made.images.max_bytes, made.jobs.lease_seconds)"
    )
    limits = {"OUTPUT_PREFIX": "processed", "MAX_UPLOAD_BYTES": "1000", "LEASE_SECONDS": "7"}
    done = run(code, tmp_path, STORAGE="filesystem", **limits)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["processed/", "1000", "7.0"]
