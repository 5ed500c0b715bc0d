"""Effects of imports, each in a new interpreter."""

import subprocess
import sys

import pytest

WITHOUT_LIBRARY = """
import ctypes.util, sys
ctypes.util.find_library = lambda name: None
from imagejobs.errors import ConfigurationError
try:
    import imagejobs.conversion.engine
except ConfigurationError as error:
    sys.exit(0 if "make install" in str(error) and "libmagickwand" in str(error) else 2)
sys.exit(1)
"""


def exit_code(program: str, environment: dict[str, str] | None = None) -> int:
    arguments = [sys.executable, "-W", "error", "-c", program]
    return subprocess.run(arguments, timeout=30, check=False, env=environment).returncode


@pytest.mark.parametrize("module", ["formats.registry", "formats.probe", "options", "errors", "receipt"])
def test_the_api_can_import_it_without_the_image_library(module: str) -> None:
    assert exit_code(f"import sys, imagejobs.conversion.{module}; sys.exit('wand' in sys.modules)") == 0


def test_importing_the_engine_warns_of_nothing() -> None:
    assert exit_code("import imagejobs.conversion.engine") == 0


def test_a_missing_library_is_named_with_its_remedy() -> None:
    assert exit_code(WITHOUT_LIBRARY, {"PATH": ""}) == 0
