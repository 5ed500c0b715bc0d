import subprocess
import sys


def test_help_loads_neither_the_image_library_nor_the_services() -> None:
    heavy = {"wand", "mongoengine", "dramatiq", "minio", "starlette"}
    code = f"import sys, imagejobs.cli; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"
