"""Files that both references read and the service refuses or shows differently, each with the reason that was found."""

from dataclasses import dataclass
from fnmatch import fnmatchcase

from public_fixtures.trial import Outcome


@dataclass(frozen=True, slots=True)
class Known:
    """One reason, and the files that it explains: (project, path in its archive); a `*` stands for anything."""

    reason: str
    files: tuple[tuple[str, str], ...]

    def explains(self, outcome: Outcome) -> bool:
        """Whether the file is one of these."""
        fixture = outcome.fixture
        return any(project == fixture.project and fnmatchcase(fixture.path, path) for project, path in self.files)


_GIF_SUITE = "tests/test-images/gif-test-suite"
KNOWN: tuple[Known, ...] = (
    Known(
        "What no frame covers is transparent, as in browsers; Pillow and libvips fill it with a colour of the palette.",
        (
            ("gdk-pixbuf", f"{_GIF_SUITE}/dispose-restore-background.gif"),
            ("gdk-pixbuf", f"{_GIF_SUITE}/high-color.gif"),
            ("gdk-pixbuf", f"{_GIF_SUITE}/image-inside-bg.gif"),
            ("gdk-pixbuf", f"{_GIF_SUITE}/image-outside-bg.gif"),
            ("gdk-pixbuf", f"{_GIF_SUITE}/image-overlap-bg.gif"),
            ("gdk-pixbuf", f"{_GIF_SUITE}/images-combine.gif"),
            ("gdk-pixbuf", f"{_GIF_SUITE}/missing-pixels.gif"),
            ("graphicsmagick", "TclMagick/tmp/x-Transform.gif"),
            ("imagemagick", "PerlMagick/t/x11/congrats.gif"),
            ("pillow", "Tests/images/dispose_bgnd.gif"),
            ("pillow", "Tests/images/dispose_bgnd_rgba.gif"),
        ),
    ),
    Known(
        "A side is longer than the 16,383 pixels of a WebP.",
        (
            ("gdk-pixbuf", f"{_GIF_SUITE}/max-height.*"),
            ("gdk-pixbuf", f"{_GIF_SUITE}/max-width.*"),
            ("libgd2", "tests/webp/bug_double_free.jpg"),
        ),
    ),
    Known(
        "Each reference lacks a half: libvips the gAMA that browsers apply, Pillow the transparent colour. The service "
        "has the alpha of libvips and the colours of gAMA, pixel by pixel.",
        (
            ("libpng1.6", "contrib/pngsuite/ftbbn0g04.png"),
            ("libpng1.6", "contrib/pngsuite/ftbwn0g16.png"),
            ("libpng1.6", "contrib/testpngs/gray-[24]-1.8-tRNS.png"),
            ("libpng1.6", "contrib/testpngs/gray-[24]-linear-tRNS.png"),
        ),
    ),
    Known(
        "Pillow replaces alpha where frames are to be blended, and restores another canvas than the previous one; "
        "libvips shows only the still. The service does as the PNG specification says (test_apng.py calculates it).",
        (
            ("pillow", "Tests/images/apng/blend_op_over_near_transparent.png"),
            ("pillow", "Tests/images/apng/dispose_op_previous.png"),
            ("pillow", "Tests/images/apng/dispose_op_previous_region.png"),
            ("pillow", "Tests/images/apng/mode_16bit.png"),
            ("pillow", "Tests/images/apng/mode_grayscale_alpha.png"),
        ),
    ),
    Known(
        "The colours are named by cICP, which browsers convert and both references ignore.",
        (("libpng1.6", "contrib/testpngs/png-3/cicp-*.png"),),
    ),
    Known(
        "Lossless JPEG (SOF3), which libjpeg-turbo reads from version 3 on; refused by its name.",
        (("imagecodecs", "tests/data/ljpeg/*.ljp"),),
    ),
    Known(
        "The compressed data has an impossible code, of which libjpeg only warns; a damaged picture is refused.",
        (("pillow", "Tests/images/hopper_bad_exif.jpg"),),
    ),
    Known(
        "A TIFF of signed numbers, which the references show as if they had no sign; refused by its name.",
        (
            ("imagecodecs", "tests/data/tiff/gray.*i1.tif"),
            ("imagecodecs", "tests/data/tiff/gray.*i2.tif"),
            ("pillow", "Tests/images/16bit.s.tif"),
            ("pillow", "Tests/images/8bit.s.tif"),
            ("vips", "test/test-suite/images/multi-channel-z-series.ome.tif"),
        ),
    ),
    Known(
        "A layout of TIFF that ImageMagick cannot read, refused by its name: CMYK in JPEG tiles, or old-style JPEG.",
        (
            ("pillow", "Tests/images/tiff_tiled_cmyk_jpeg.tif"),
            ("tiff", "test/images/ojpeg_zackthecat_subsamp22_single_strip.tiff"),
        ),
    ),
    Known(
        "A TIFF that contradicts itself and is read by guessing: a strip that is longer than the file, as in a file "
        "that was cut, or channels of 1 and of 8 bits.",
        (
            ("pillow", "Tests/images/tiff_wrong_bits_per_sample.tiff"),
            ("pillow", "Tests/images/tiff_wrong_bits_per_sample_2.tiff"),
        ),
    ),
    Known(
        "Fax data without line ends that libtiff 4.5 does not read and 4.7 does.",
        (("tiff", "test/images/testfax3_bug_513.tiff"),),
    ),
    Known(
        "A camera's raw file, of which the references show the embedded preview; refused by its name.",
        (("libimage-exiftool-perl", "t/images/DNG.dng"),),
    ),
    Known(
        "HEIC of 33 and 50 megapixels in 10 bits 4:2:2, which take more memory than a conversion may have by default.",
        (
            ("exiv2", "test/data/Sony.HIF"),
            ("pillow-heif", "tests/images/heif_special/guitar_cw90.hif"),
        ),
    ),
    Known(
        "The last byte of the picture is missing; pillow-heif shows it, the service says that the file was cut off.",
        (("pillow-heif", "tests/images/heif_truncated/truncated.heic"),),
    ),
    Known(
        "The file calls its primary picture a thumbnail of another one; pillow-heif shows that one, the service the "
        "primary picture (ISO/IEC 14496-12, 8.11.4).",
        (("pillow-heif", "tests/images/heif_other/invalid_id.heic"),),
    ),
)


def explanation(outcome: Outcome) -> str | None:
    """Why a file is different or refused, if that is known."""
    return next((each.reason for each in KNOWN if each.explains(outcome)), None)
