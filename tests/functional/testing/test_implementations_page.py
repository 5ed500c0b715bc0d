"""The sample in docs/guides/implementations.md passes its suite outside this repository; wrong variants of it fail."""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "guides" / "implementations.md"
WRONG = {
    "missing_object_is_empty": (
        'raise ObjectNotFound(f"{key} does not exist")',
        'return ObjectInfo(key, 0, "", datetime.now(UTC)), b""',
        "test_a_missing_object_is_not_found_and_named",
    ),
    "unsorted": ("in sorted(self.objects)", "in self.objects", "test_a_list_has_the_keys_of_the_prefix_in_order"),
    "any_key": ("if not is_safe_key(key):", "if False:", "test_a_key_never_leads_out_of_the_storage"),
    "no_limit": ("if info.size > max_bytes:", "if False:", "test_an_object_is_read_up_to_the_limit_and_not_beyond"),
    "reads_on": (
        "read_body(data, size, key)",
        "data.read()",
        "test_a_body_is_read_from_the_current_position_and_no_further",
    ),
}
"""For each wrong variant: the sample's code, the wrong code in its place, and the test that must fail."""


def run_as_outsider(folder: Path, **modules: str) -> str:
    """Run pytest on these modules in `folder`, without this repository's configuration; its output."""
    for name, text in modules.items():
        (folder / f"test_{name}.py").write_text(text)
    environment = os.environ | {
        "PYTHONPATH": str(ROOT / "services"),
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "COLUMNS": "200",
    }
    command = [sys.executable, "-m", "pytest", "-q", "-rf", "-p", "no:cacheprovider", "--rootdir=.", "-c", "/dev/null"]
    done = subprocess.run(
        [*command, "."], cwd=folder, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    return done.stdout + done.stderr


def sample() -> str:
    (found,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    return str(found)


def test_the_sample_passes(tmp_path: Path) -> None:
    output = run_as_outsider(tmp_path, right=sample())
    assert re.search(r"\n\d+ passed in", output), output


def test_wrong_storages_fail_and_a_suite_without_its_fixture_says_what_to_override(tmp_path: Path) -> None:
    assert all(right in sample() for right, _, _ in WRONG.values())
    modules = {name: sample().replace(right, wrong) for name, (right, wrong, _) in WRONG.items()}
    bare = "from imagejobs.testing import ObjectStorageSuite\n\n\nclass TestNothing(ObjectStorageSuite): ...\n"
    output = run_as_outsider(tmp_path, **modules, bare=bare)
    for name, (_, _, failed) in WRONG.items():
        assert f"FAILED test_{name}.py::TestDictStorage::{failed}" in output, output
    assert "Override the fixture `storage`: it returns an empty ObjectStorage for each test." in output
