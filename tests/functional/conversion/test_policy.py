"""What the policy forbids ImageMagick: tried in a process with the policy, and in one without it."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from importlib.resources import files
from pathlib import Path

import pytest
from imagejobs.conversion.engine import convert
from imagejobs.conversion.errors import ConversionError
from imagejobs.conversion.options import Options
from wand.version import MAGICK_VERSION_INFO

POLICY = Path(str(files("imagejobs.conversion.magick"))) / "policy" / "policy.xml"
TRY = """
import json, sys
from wand.api import library
from wand.image import Image

for name in json.loads(sys.argv[1]):
    try:
        with Image() as image:
            if not library.MagickReadImage(image.wand, name.encode()):
                image.raise_exception()
            found = "read" if image.width else "nothing"
    except Exception as error:
        found = type(error).__name__
    print(json.dumps([name, found]), flush=True)
"""
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489"
    "0000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)
SVG = b"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'><rect width='9' height='9' fill='red'/></svg>"
MVG = b"viewbox 0 0 9 9 fill red rectangle 0,0 9,9\n"
MSL = b"<?xml version='1.0'?><image size='9x9'><read filename='xc:red'/></image>"
POSTSCRIPT = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage\n"
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj trailer<</Root 1 0 R>>\n%%EOF"
FILES: Mapping[str, bytes] = {
    "picture.svg": SVG,
    "svg.jpg": SVG,
    "mvg.jpg": MVG,
    "picture.mvg": MVG,
    "msl.jpg": MSL,
    "picture.msl": MSL,
    "ps.jpg": POSTSCRIPT,
    "picture.ps": POSTSCRIPT,
    "picture.eps": POSTSCRIPT,
    "pdf.jpg": PDF,
    "picture.pdf": PDF,
    "text.txt": b"a secret",
    "list.txt": b"xc:red\n",
    "page.html": b"<html>a page</html>",
    "picture.ppm": b"P6 1 1 255\nabc",
    "picture.png": PNG,
}
BY_NAME = ["picture.svg", "svg.jpg", "picture.mvg", "picture.msl", "ps.jpg", "picture.ps", "picture.eps", "pdf.jpg"]
BY_NAME += ["picture.pdf", "text.txt", "page.html", "picture.ppm", "picture.png"]
BY_PREFIX = [f"svg:{name}" for name in ("picture.svg", "svg.jpg")] + ["msvg:svg.jpg", "mvg:mvg.jpg", "msl:msl.jpg"]
BY_PREFIX += ["ps:ps.jpg", "ps2:ps.jpg", "ps3:ps.jpg", "eps:ps.jpg", "epsf:ps.jpg", "pdf:pdf.jpg", "xps:pdf.jpg"]
BY_PREFIX += ["text:text.txt", "txt:text.txt", "caption:@text.txt", "label:@text.txt", "pango:@text.txt", "@list.txt"]
BY_PREFIX += ["ephemeral:picture.png", "vid:picture.png", "mpc:picture.png", "info:picture.png", "preview:picture.png"]
BY_PREFIX += ["html:page.html", "tile:picture.png", "png:picture.png", "file:picture.png", "json:text.txt"]
OF_NOTHING = ["label:hello", "caption:hello", "xc:red", "canvas:red", "rose:", "logo:", "pattern:bricks", "pango:hello"]
OF_NOTHING += [
    "gradient:",
    "plasma:",
    "x:",
    "clipboard:",
    "scan:",
    "inline:data:,",
    "mpr:register",
    "mpri:1",
    "null:",
    "stegano:picture.png",
]
BY_ADDRESS = ["url:http://127.0.0.1:9/a", "http://127.0.0.1:9/a", "https://127.0.0.1:9/a", "ftp://127.0.0.1:9/a"]
BY_ADDRESS += ["http://127.0.0.1:9/a.png", "https:127.0.0.1", "url:file:///etc/hostname"]
FORBIDDEN = [*BY_NAME, *BY_PREFIX, *OF_NOTHING, *BY_ADDRESS]
REFUSALS = {"PolicyError", "MissingDelegateError"}
"""Version 7 reports a module that the policy forbids to load as a missing decoder."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("files")
    for name, data in FILES.items():
        (made / name).write_bytes(data)
    return made


def attempt(names: Sequence[str], folder: Path, policy: Path | None, path: str | None = None) -> dict[str, str]:
    """Read each name in a new process under this policy, or under the machine's own; the result by name.

    A result is "read", "nothing" or the name of the exception.
    """
    environment = {key: value for key, value in os.environ.items() if key != "MAGICK_CONFIGURE_PATH"}
    environment |= {"MAGICK_CONFIGURE_PATH": str(policy.parent)} if policy else {}
    environment |= {"PATH": path} if path else {}
    done = subprocess.run(
        [sys.executable, "-c", TRY, json.dumps(names)],
        capture_output=True,
        check=False,
        cwd=folder,
        env=environment,
        timeout=60,
    )
    return dict(json.loads(line) for line in done.stdout.splitlines())


def only(tmp_path: Path, *domains: str) -> Path:
    """Write a copy of the policy that has only the rules of these domains."""
    rules = re.findall(r'<policy domain="(\w+)"[^>]*>', POLICY.read_text())
    assert set(domains) < set(rules)
    kept = [rule for rule in re.findall(r"<policy [^>]*>", POLICY.read_text()) if rule.split('"')[1] in domains]
    changed = tmp_path / "policy.xml"
    changed.write_text("<policymap>" + "".join(kept) + "</policymap>")
    return changed


def readable(found: Mapping[str, str], names: Iterable[str]) -> list[str]:
    return [name for name in names if found.get(name) == "read"]


@pytest.fixture(scope="module")
def under_policy(folder: Path) -> dict[str, str]:
    return attempt(FORBIDDEN, folder, POLICY)


@pytest.mark.parametrize("name", FORBIDDEN)
def test_it_is_refused(name: str, under_policy: dict[str, str]) -> None:
    assert under_policy[name] in REFUSALS


def test_a_file_that_is_deleted_after_reading_is_still_there(folder: Path, under_policy: dict[str, str]) -> None:
    assert under_policy["ephemeral:picture.png"] in REFUSALS
    assert (folder / "picture.png").read_bytes() == PNG


WITHOUT = ["mvg:mvg.jpg", "picture.ppm", "picture.png", "png:picture.png", "xc:red", "canvas:red", "rose:", "logo:"]
"""Names that need no font and no other program, and that the machine's own policy allows."""


def test_without_the_policy_much_of_it_is_read(folder: Path) -> None:
    """Without the policy these names are read: the refusals above come from it."""
    assert readable(attempt(WITHOUT, folder, None), WITHOUT) == WITHOUT


@pytest.mark.parametrize("domain", ["coder", "module"])
def test_the_rules_for_coders_and_those_for_modules_suffice_by_themselves(
    domain: str, folder: Path, tmp_path: Path
) -> None:
    others = [name for name in WITHOUT if "png" not in name]

    found = attempt([*others, "picture.png"], folder, only(tmp_path, domain))

    assert set(found) == {*others, "picture.png"}
    assert readable(found, found) == ["picture.png"]


def test_the_rules_for_paths_keep_every_file_closed(folder: Path, tmp_path: Path) -> None:
    closed = ["picture.png", "png:picture.png", "picture.ppm", "mvg:mvg.jpg"]

    found = attempt(closed, folder, only(tmp_path, "path"))

    assert set(found.values()) == {"PolicyError"}
    assert readable(attempt(closed, folder, only(tmp_path, "resource")), closed) == closed


@pytest.mark.skipif(MAGICK_VERSION_INFO[0] > 6, reason="version 7 asks the path's rules only for files that exist")
def test_a_list_of_names_from_a_file_is_not_read(folder: Path, tmp_path: Path) -> None:
    assert attempt(["@list.txt"], folder, only(tmp_path, "path"))["@list.txt"] == "PolicyError"


def test_no_other_program_is_started(folder: Path, tmp_path: Path) -> None:
    """The programs of ImageMagick's delegates are replaced by one that leaves a mark."""
    names = ["html:page.html", "svg:picture.svg", "man:text.txt", "eps:picture.eps", "pdf:picture.pdf", "wmf:svg.jpg"]
    (tmp_path / "bin").mkdir()
    mark = tmp_path / "started"
    for program in ("html2ps", "gs", "rsvg-convert", "inkscape", "groff", "wmf2eps", "blender", "dcraw", "ffmpeg"):
        (tmp_path / "bin" / program).write_text(f"#!/bin/sh\necho {program} >> {mark}\n")
        (tmp_path / "bin" / program).chmod(0o755)
    path = f"{tmp_path / 'bin'}:/usr/bin:/bin"

    attempt(names, folder, only(tmp_path, "delegate"), path)
    assert not mark.exists()
    attempt(names, folder, None, path)
    assert mark.exists()


WRITE = """
import sys
from imagejobs.conversion.magick.image import MagickImage
from wand.exceptions import WandException
for image_format in sys.argv[1:]:
    with MagickImage(width=3, height=3, background="red") as image:
        assert image.make_blob("webp")[8:12] == b"WEBP"
        try:
            image.make_blob(image_format)
        except (WandException, ValueError):
            continue
    print(image_format)
"""


def test_nothing_but_webp_is_written() -> None:
    formats = ["png", "jpeg", "gif", "tiff", "svg", "ps", "pdf", "msl", "mvg", "text"]
    done = subprocess.run([sys.executable, "-c", WRITE, *formats], check=False, timeout=60, capture_output=True)

    assert (done.returncode, done.stdout) == (0, b""), done.stderr


@pytest.mark.parametrize("name", [name for name in FILES if name != "picture.png"])
def test_the_engine_takes_none_of_it_for_an_image(name: str) -> None:
    with pytest.raises(ConversionError) as caught:
        convert(FILES[name], Options())

    assert caught.value.code == "unsupported_type"


@pytest.mark.parametrize("data", [SVG, MVG, MSL, POSTSCRIPT, PDF], ids=["svg", "mvg", "msl", "ps", "pdf"])
@pytest.mark.parametrize(
    "head",
    [
        b"\xff\xd8\xff",
        b"\x89PNG\r\n\x1a\n",
        b"GIF89a",
        b"RIFF\xff\0\0\0WEBPVP8 ",
        b"\0\0\0\x18ftypheic",
        b"II*\0\x08\0\0\0",
    ],
    ids=["jpeg", "png", "gif", "webp", "heic", "tiff"],
)
def test_what_begins_like_an_image_and_goes_on_otherwise_is_refused(head: bytes, data: bytes) -> None:
    with pytest.raises(ConversionError) as caught:
        convert(head + data, Options())

    assert caught.value.code in {"corrupt", "truncated", "unsupported_type"}


def test_the_machines_lower_limits_do_not_hold() -> None:
    """Debian 12 allows 256 MiB and sides of 16,000 pixels; 50 megapixels need 400 MB, and WebP allows 16,383 a side."""
    program = """
from imagejobs.conversion.magick.image import MagickImage
from wand.resource import limits
assert limits["thread"] == 1
for name in ("memory", "map", "disk"):
    limits[name] = 3 << 30
    assert limits[name] == 3 << 30, name
for size in ((16383, 1), (1, 16383)):
    with MagickImage(width=size[0], height=size[1], background="red") as image:
        assert image.make_blob("webp")
"""
    done = subprocess.run([sys.executable, "-c", program], check=False, timeout=60, capture_output=True)

    assert done.returncode == 0, done.stderr
