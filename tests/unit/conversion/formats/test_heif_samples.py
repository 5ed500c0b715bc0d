"""The memory that decoding a HEIC or AVIF needs, by how its samples are encoded."""

import io

import numpy as np
import pillow_heif
import pytest
from files.heif import coded, heif
from imagejobs.conversion.formats.probe import check_limits
from imagejobs.conversion.options import Options
from measures.decoded_pictures import encode, photo
from measures.structure_reading import read

PIXELS = 96 * 64


def deep_heic(chroma: int, bits: int) -> bytes:
    buffer = io.BytesIO()
    samples = (photo().astype(np.uint16) * 257).tobytes()
    pillow_heif.from_bytes("RGB;16", (96, 64), samples).save(buffer, chroma=chroma, bit_depth=bits)
    return buffer.getvalue()


@pytest.mark.parametrize("bits", [10, 12])
@pytest.mark.parametrize(("chroma", "least", "most"), [(420, 9.0, 15.5), (422, 16.0, 16.8), (444, 14.6, 18.3)])
def test_a_deep_heic(chroma: int, least: float, most: float, bits: int) -> None:
    found = read(deep_heic(chroma, bits))

    assert (found.decoder_bytes, found.most_decoder_bytes) == (round(PIXELS * least), round(PIXELS * most))


@pytest.mark.parametrize(
    ("subsampling", "least", "most"), [("4:2:0", 9.6, 15.8), ("4:2:2", 11.7, 16.8), ("4:4:4", 16, 18.8)]
)
def test_an_avif_of_8_bits(subsampling: str, least: float, most: float) -> None:
    found = read(encode(photo(), "AVIF", subsampling=subsampling))

    assert (found.decoder_bytes, found.most_decoder_bytes) == (round(PIXELS * least), round(PIXELS * most))


@pytest.mark.parametrize(("image_format", "least", "most"), [("AVIF", 7.4, 15.3), ("HEIC", 4.0, 5.7)])
def test_grey(image_format: str, least: float, most: float) -> None:
    grey = photo()[..., 0]
    data = encode(grey, "AVIF", subsampling="4:0:0") if image_format == "AVIF" else heif("HEIC", coded("HEIC", grey))

    found = read(data)

    assert (found.decoder_bytes, found.most_decoder_bytes) == (round(PIXELS * least), round(PIXELS * most))


@pytest.mark.parametrize(("chroma", "bits"), [(420, 10), (422, 10), (444, 12)])
def test_photographs_of_24_megapixels_fit_with_the_default_limits(chroma: int, bits: int) -> None:
    found = read(deep_heic(chroma, bits))

    assert found.decoder_bytes / PIXELS * 24_000_000 <= Options().max_decoding_bytes
    check_limits(found, Options())
