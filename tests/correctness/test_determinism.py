import hashlib
import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from files.variants import every_variant
from imagejobs.conversion.engine import convert
from imagejobs.conversion.options import Options

PROGRAM = """
import hashlib, json, sys
from files.variants import every_variant
from imagejobs.conversion.engine import convert
from imagejobs.conversion.options import Options

variants = dict(every_variant())
print(json.dumps({name: hashlib.sha256(convert(variants[name](), Options(**options)).data).hexdigest()
                  for name, options in json.loads(sys.argv[1])}))
"""
NAMES = (
    "jpeg, progressive",
    "jpeg, CMYK",
    "jpeg, a thumbnail with its own start and end",
    "png, RGB",
    "png, 16 bits",
    "gif, still",
    "webp, lossy with alpha",
    "webp, animated",
)
CASES: list[tuple[str, dict[str, Any]]] = [
    (name, options) for name in NAMES for options in ({}, {"max_side": 40, "quality": 60, "method": 2})
]


@cache
def hashes_of_this_process() -> dict[str, str]:
    """The SHA-256 of each case's output."""
    variants = dict(every_variant())
    return {
        name: hashlib.sha256(convert(variants[name](), Options(**options)).data).hexdigest() for name, options in CASES
    }


def hashes_of_another_process(seed: str) -> dict[str, str]:
    """Hashes of the same conversions in a process with another hash seed and other memory addresses."""
    environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", PROGRAM, json.dumps(CASES)]
    done = subprocess.run(
        command, capture_output=True, check=True, env=environment, timeout=60, cwd=Path(__file__).parent
    )
    answer: dict[str, str] = json.loads(done.stdout)
    return answer


@pytest.mark.parametrize("seed", ["0", "12345"])
def test_another_process_writes_the_same_bytes(seed: str) -> None:
    assert hashes_of_another_process(seed) == hashes_of_this_process()


@pytest.mark.parametrize("name", NAMES)
def test_what_was_converted_before_leaves_nothing_behind(name: str) -> None:
    variants = dict(every_variant())
    alone = convert(variants[name](), Options()).data

    for other in NAMES:
        convert(variants[other](), Options(max_side=30, quality=20, method=0))

    assert convert(variants[name](), Options()).data == alone
