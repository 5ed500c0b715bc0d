import pytest
from imagejobs.conversion.encode import Timing, encode
from imagejobs.conversion.errors import ConversionError
from imagejobs.conversion.magick import MagickImage
from imagejobs.conversion.options import Options


@pytest.mark.parametrize("written", [b"\xff\xd8\xff\xe0another format than was asked for", None])
def test_what_is_no_webp_is_not_handed_on(written: bytes | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MagickImage, "make_blob", lambda _self, _format: written)

    with MagickImage(width=2, height=2, background="red") as frame, pytest.raises(ConversionError) as caught:
        encode([frame], Timing(1, ()), Options(), try_lossless=False)

    assert caught.value.code == "conversion_failed"
