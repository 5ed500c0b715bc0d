"""A new source format needs a folder, a row, a policy line and a sample, as CONTRIBUTING.md says, and nothing else.

A copy of the package gets these four for PPM, which the service does not accept. A new interpreter then uses the copy.
"""

import json
import subprocess
import sys
from base64 import b64encode
from importlib.resources import files
from pathlib import Path
from shutil import copytree, ignore_patterns
from typing import Any

import pytest

READER = """
from imagejobs.conversion.errors import corrupt, truncated
from imagejobs.conversion.formats.byte_reader import ByteReader
from imagejobs.conversion.formats.structure import Structure, still


def read_ppm(reader: ByteReader) -> Structure:
    fields = reader.read_up_to(64).split(None, 4)
    width, height, highest = (int(field) for field in fields[1:4])
    if highest != 255:
        raise corrupt("The PPM has an impossible number of colours")
    if reader.size < width * height * 3:
        raise truncated("The PPM ends in the middle of its data")
    return still(width, height)
"""
ROW = """
from imagejobs.conversion.formats.ppm.structure import read_ppm

PPM = Format("ppm", {"ppm": "image/x-portable-pixmap"}, re.compile(rb"P6\\s"), read_ppm, samples.PPM)
FORMATS = (*FORMATS, PPM)
""".replace("{{", "{").replace("}}", "}")
POLICY_LINE = (
    '  <policy domain="coder" rights="read" pattern="PPM"/>'
    ' <policy domain="module" rights="read|write" pattern="{PNM,pnm,PPM,ppm}"/>\n'
)
PROGRAM = """
import io, json, sys
from imagejobs.conversion.formats.probe import probe
from imagejobs.storage.content_types import content_type_of
from imagejobs.cli.submission.sources import EXTENSIONS
from imagejobs.api.endpoints.uploads import Uploads
from imagejobs.api.binding.call import ReceivedFile
from imagejobs.conversion.decoding.decode import decode
from imagejobs.conversion.engine import convert
from imagejobs.conversion.errors import ConversionError
from imagejobs.conversion.magick.readable_formats import readable_formats
from imagejobs.conversion.options import Options

source = b"P6 16 8 255\\n" + bytes([200, 100, 50]) * (16 * 8)
found = probe(io.BytesIO(source))
(frame,) = decode(source, found, (16, 8))
received = ReceivedFile(filename="a.ppm", file=io.BytesIO(source), size=len(source))
accepted = Uploads(max_bytes=1000, options=Options()).accept(received, "file")
try:
    convert(source[:-50], Options())
except ConversionError as error:
    code = error.code
conversion = convert(source, Options())
print(json.dumps({
    "probe": [found.format.name, found.width, found.height],
    "decoded": [*frame.size, *frame.export_bytes("RGB", 0, 1)[:3]],
    "content type": content_type_of("a.ppm"),
    "upload": [accepted.mimetype, accepted.extension],
    "is found in folders": ".ppm" in EXTENSIONS,
    "is readable": found.format in readable_formats(),
    "cut": code,
    "source": conversion.receipt.to_json()["source"]["mimetype"],
    "output": [conversion.renditions[0].width, conversion.renditions[0].height, conversion.data[8:12].decode()],
}))
"""


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A copy of the package, still without the new format."""
    copy = tmp_path / "imagejobs"
    copytree(str(files("imagejobs")), copy, ignore=ignore_patterns("__pycache__"))
    return copy


def add_format(package: Path, *, with_policy: bool = True) -> None:
    formats, policy = package / "conversion/formats", package / "conversion/magick/policy/policy.xml"
    (formats / "ppm").mkdir()
    (formats / "ppm/__init__.py").write_text("")
    (formats / "ppm/structure.py").write_text(READER)
    sample = b64encode(b"P6 8 8 255\n" + bytes(8 * 8 * 3)).decode()
    append(formats / "samples.py", f'PPM = "{sample}"\n')
    append(formats / "registry.py", ROW)
    if with_policy:
        policy.write_text(policy.read_text().replace("</policymap>", POLICY_LINE + "</policymap>"))


def append(file: Path, text: str) -> None:
    file.write_text(file.read_text() + text)


def run(package: Path) -> subprocess.CompletedProcess[str]:
    program = f"import sys; sys.path.insert(0, {str(package.parent)!r})\n{PROGRAM}"
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=False)


def test_a_folder_a_row_a_policy_line_and_a_sample_are_enough(package: Path) -> None:
    add_format(package)

    done = run(package)

    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    assert found == {
        "probe": ["ppm", 16, 8],
        "decoded": [16, 8, 200, 100, 50],
        "content type": "image/x-portable-pixmap",
        "upload": ["image/x-portable-pixmap", "ppm"],
        "is found in folders": True,
        "is readable": True,
        "cut": "truncated",
        "source": "image/x-portable-pixmap",
        "output": [16, 8, "WEBP"],
    }


def test_without_the_policy_line_the_decoder_may_not_run(package: Path) -> None:
    add_format(package, with_policy=False)

    done = run(package)

    assert done.returncode != 0
    assert "cannot be decoded" in done.stderr or "no decoder for PPM" in done.stderr


def test_without_any_of_it_the_file_is_not_an_accepted_image(package: Path) -> None:
    done = run(package)

    assert done.returncode != 0
    assert "not an accepted image" in done.stderr
