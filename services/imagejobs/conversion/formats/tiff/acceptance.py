"""Which layouts of samples are accepted, and which of these ImageMagick reads correctly.

The tables were measured: files of every layout were read by ImageMagick 6.9 and 7.1 and compared with calculation,
Pillow and libvips (tests/correctness/test_tiff_layouts.py). A layout that neither Pillow nor libvips reads is not
accepted.
"""

from collections.abc import Set as AbstractSet
from itertools import islice

from imagejobs.conversion.errors import ConversionError, ErrorCode, corrupt
from imagejobs.conversion.formats.tiff import tags
from imagejobs.conversion.formats.tiff.directory import Directory
from imagejobs.conversion.formats.tiff.samples import MAX_SAMPLES, Samples, read_samples

_COMPRESSIONS = frozenset({1, 2, 3, 4, 5, 7, 8, 32773, 32946, 34925, 50000})
"""Uncompressed, CCITT, LZW, JPEG, Deflate (both numbers), PackBits, LZMA and Zstandard; not the old JPEG (6)."""
_PHOTOMETRICS = frozenset({0, 1, 2, 3, 5, 6, 8})
"""Grey, RGB, palette, CMYK, YCbCr and CIE L*a*b*; not masks, and no sensor data of cameras."""
_WHOLE_NUMBERS = frozenset({1, 4})
_BIT_DEPTHS = frozenset({1, 2, 4, 8, 16, 32})
_GREYS = frozenset({tags.WHITE_IS_ZERO, tags.BLACK_IS_ZERO})
_MAX_GREY_SAMPLES = 2
_KINDS = frozenset({tags.NO_ALPHA, tags.PREMULTIPLIED, tags.STRAIGHT})
_DEEPEST = {tags.PALETTE: 16, tags.YCBCR: 16, tags.LAB: 16}
_CHROMA = frozenset({(1, 1), (1, 2), (2, 1), (2, 2), (4, 1), (4, 2), (4, 4)})
"""The subsamplings that libtiff reads; Pillow and libvips use libtiff."""
_WHITE_BITS = frozenset({1, 8, 16})
"""The depths of grey with white as 0 that ImageMagick reads correctly, if there is no further channel. It shows all
others as a negative."""


def check_accepted(page: Directory, *, is_camera_raw: bool) -> None:
    """Raises ConversionError: `unsupported_type` for a layout that is not accepted, `corrupt` for a contradiction."""
    if is_camera_raw:
        raise _unsupported("is a camera's raw file")
    if page.first(tags.SAMPLES, 1) > MAX_SAMPLES:
        raise _unsupported(f"has {page.first(tags.SAMPLES)} channels")
    for tag, allowed, meaning in (
        (tags.COMPRESSION, _COMPRESSIONS, "has a compression"),
        (tags.PHOTOMETRIC, _PHOTOMETRICS, "has colours of a kind"),
        (tags.SAMPLE_FORMAT, _WHOLE_NUMBERS, "has samples that are not whole numbers: sample format"),
        (tags.BITS, _BIT_DEPTHS, "has a number of bits a sample"),
    ):
        _check_field(page, tag, allowed, meaning)
    samples = read_samples(page)
    _check_channels(page, samples)
    for is_wrong, what in (*_refused_codings(samples), *_refused_channels(page, samples)):
        if is_wrong:
            raise _unsupported(what)


def is_read_by_magick(samples: Samples) -> bool:
    """Whether ImageMagick 6 and 7 read these samples of an accepted page correctly."""
    if samples.compression == tags.JPEG:
        return samples.alpha == tags.NO_ALPHA
    if samples.compression in tags.FAX:
        return True
    if samples.photometric == tags.YCBCR:
        return False
    if samples.photometric == tags.WHITE_IS_ZERO:
        return samples.bits in _WHITE_BITS and not samples.extra
    if not samples.extra:
        return True
    if samples.is_planar or not samples.is_extra_named:
        return False
    return samples.photometric != tags.PALETTE or samples.alpha == tags.STRAIGHT


def _check_channels(page: Directory, samples: Samples) -> None:
    if samples.count < samples.colours:
        raise corrupt(f"The TIFF has {samples.count} channel(s), too few for its colours")
    if samples.photometric == tags.PALETTE and samples.bits <= 16 and page.count(tags.COLOUR_MAP) < 3 << samples.bits:
        raise corrupt("The TIFF has no palette, or too short a one")


def _refused_codings(samples: Samples) -> tuple[tuple[bool, str], ...]:
    """The refused combinations of compression, predictor and subsampling: whether the page has it, and its name."""
    colours, is_jpeg = samples.photometric, samples.compression == tags.JPEG
    is_subsampled = samples.chroma != (1, 1) and not is_jpeg
    is_fax_like = samples.bits == 1 and samples.count == 1 and (colours in _GREYS or colours == tags.PALETTE)
    return (
        (samples.compression in tags.FAX and not is_fax_like, "has a fax compression for other than 1 bit a pixel"),
        (is_jpeg and samples.bits != 8, f"has JPEG data of {samples.bits} bits"),
        (is_jpeg and colours == tags.LAB, "has CIE L*a*b* colours in JPEG"),
        (is_jpeg and colours == tags.INKS and samples.is_tiled, "has CMYK colours in JPEG tiles"),
        (is_jpeg and colours != tags.RGB and bool(samples.extra), "has further channels but not RGB in JPEG"),
        (is_jpeg and len(samples.extra) > 1, "has several further channels in JPEG"),
        (is_jpeg and samples.is_planar and colours == tags.YCBCR, "has YCbCr colours in separate planes of JPEG"),
        (is_jpeg and bool(samples.extra) and samples.is_planar, "has further channels in separate planes of JPEG"),
        (is_jpeg and bool(samples.extra) and not samples.is_extra_named, "has further channels without a kind in JPEG"),
        (samples.predictor not in {1, 2}, f"has a predictor ({samples.predictor}) that is not for whole numbers"),
        (samples.predictor == 2 and samples.bits < 8, f"has a predictor for {samples.bits} bit(s)"),
        (colours == tags.YCBCR and samples.chroma not in _CHROMA, f"has chroma subsampling of {samples.chroma}"),
        (is_subsampled and samples.is_planar, "has subsampled chroma in separate planes"),
        (is_subsampled and samples.predictor == 2, "has subsampled chroma with a predictor"),
        (is_subsampled and samples.bits != 8, f"has subsampled chroma of {samples.bits} bits"),
        (is_subsampled and bool(samples.extra), "has subsampled chroma and further channels"),
    )


def _refused_channels(page: Directory, samples: Samples) -> tuple[tuple[bool, str], ...]:
    """The refused combinations of colours and channels: whether the page has it, and its name."""
    colours, deepest = samples.photometric, _DEEPEST.get(samples.photometric, 32)
    is_premultiplied = tags.PREMULTIPLIED in samples.extra
    return (
        (samples.bits > deepest, f"has {samples.bits} bits a sample, too many for its colours"),
        (samples.count > 1 and samples.bits < 8, f"has {samples.count} channels of {samples.bits} bit(s)"),
        (
            colours in _GREYS and samples.count > _MAX_GREY_SAMPLES,
            f"has {samples.count} channels, one of them grey",
        ),
        (colours == tags.LAB and bool(samples.extra), "has CIE L*a*b* colours and further channels"),
        (colours == tags.LAB and samples.bits < 8, f"has CIE L*a*b* colours of {samples.bits} bit(s)"),
        (colours == tags.INKS and page.first(tags.INKS_COUNT, 4) != 4, "has other inks than CMYK"),
        (
            colours in {tags.INKS, tags.PALETTE} and is_premultiplied,
            "has inks or a palette with premultiplied alpha",
        ),
        (bool(set(samples.extra) - _KINDS), f"has further channels of an unknown kind ({samples.extra})"),
        (tags.PREMULTIPLIED in samples.extra[1:], "has premultiplied alpha after another channel"),
    )


def _check_field(page: Directory, tag: int, allowed: AbstractSet[int], meaning: str) -> None:
    """Raises ConversionError unless every sample has the same, allowed value."""
    found = set(islice(page.numbers(tag), MAX_SAMPLES)) or {1}
    for value in sorted(found):
        if value not in allowed:
            raise _unsupported(f"{meaning} ({value}) that is not accepted")
    if len(found) > 1:
        raise _unsupported(f"{meaning} that differs from channel to channel ({sorted(found)})")


def _unsupported(what: str) -> ConversionError:
    return ConversionError(
        ErrorCode.UNSUPPORTED_TYPE, f"The TIFF {what}. Save it as an RGB or grey TIFF of 8 or 16 bits, or as a JPEG."
    )
