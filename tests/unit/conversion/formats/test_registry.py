import pytest
from imagejobs.conversion.formats.registry import FORMATS, sniff


def test_every_format_is_recognised_by_32_bytes(samples: dict[str, bytes]) -> None:
    found = {name: sniff(data[:32]) for name, data in samples.items()}

    assert {name: each.name for name, each in found.items() if each} == {name: name.split()[-1] for name in samples}


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"hello",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"\xff\xd8",
        b"RIFF\0\0\0\0WAVEfmt ",
        b"%PDF-1.7",
        b"GIF90a",
    ],
)
def test_anything_else_is_not_recognised(head: bytes) -> None:
    assert sniff(head) is None


def test_names_mimetypes_and_extensions_are_distinct() -> None:
    for field in ("name", "mimetype", "extension"):
        assert len({getattr(each, field) for each in FORMATS}) == len(FORMATS)


def test_where_a_file_may_hold_many_pictures_only_the_first_is_decoded() -> None:
    decoders = {each.name: each.decoder for each in FORMATS}

    assert decoders["jpeg"] == "jpeg"
    several = ("gif", "heic", "avif", "tiff")
    assert [decoders[name] for name in several] == [f"{name}[0]" for name in several]


def test_an_extension_has_one_format() -> None:
    extensions = [extension for each in FORMATS for extension in each.content_types]

    assert len(set(extensions)) == len(extensions)
