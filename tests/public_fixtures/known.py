"""Known differences: files that both references read and the service refuses or shows differently, with the reason."""

from dataclasses import dataclass
from fnmatch import fnmatchcase

from public_fixtures.trial import Outcome


@dataclass(frozen=True, slots=True)
class Known:
    """A reason and the files that it explains, as (project, path in its archive). The path may have wildcards."""

    reason: str
    files: tuple[tuple[str, str], ...]

    def explains(self, outcome: Outcome) -> bool:
        """Whether the outcome's file is one of these."""
        fixture = outcome.fixture
        return any(project == fixture.project and fnmatchcase(fixture.path, path) for project, path in self.files)


_GIF_SUITE = "tests/test-images/gif-test-suite"
KNOWN: tuple[Known, ...] = (
    Known(
        "An area that no frame covers is transparent, as in browsers; Pillow and libvips give it a palette colour.",
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
        "A side is longer than 16,383 pixels, the limit of WebP.",
        (
            ("gdk-pixbuf", f"{_GIF_SUITE}/max-height.*"),
            ("gdk-pixbuf", f"{_GIF_SUITE}/max-width.*"),
            ("libgd2", "tests/webp/bug_double_free.jpg"),
        ),
    ),
    Known(
        "libvips ignores gAMA, which browsers apply; Pillow ignores the transparent colour. The service applies both: "
        "its alpha equals that of libvips, its colours are those of gAMA.",
        (
            ("libpng1.6", "contrib/pngsuite/ftbbn0g04.png"),
            ("libpng1.6", "contrib/pngsuite/ftbwn0g16.png"),
            ("libpng1.6", "contrib/testpngs/gray-[24]-1.8-tRNS.png"),
            ("libpng1.6", "contrib/testpngs/gray-[24]-linear-tRNS.png"),
        ),
    ),
    Known(
        "Pillow replaces alpha where it should blend frames, and restores the previous canvas wrongly; libvips "
        "shows only the still. The service follows the PNG specification (test_apng.py calculates the frames).",
        (
            ("pillow", "Tests/images/apng/blend_op_over_near_transparent.png"),
            ("pillow", "Tests/images/apng/dispose_op_previous.png"),
            ("pillow", "Tests/images/apng/dispose_op_previous_region.png"),
            ("pillow", "Tests/images/apng/mode_16bit.png"),
            ("pillow", "Tests/images/apng/mode_grayscale_alpha.png"),
        ),
    ),
    Known(
        "The colour space is given by cICP, which browsers apply and both references ignore.",
        (("libpng1.6", "contrib/testpngs/png-3/cicp-*.png"),),
    ),
    Known(
        "Lossless JPEG (SOF3), which libjpeg-turbo reads from version 3 on; the service refuses it and names it.",
        (("imagecodecs", "tests/data/ljpeg/*.ljp"),),
    ),
    Known(
        "The compressed data has an invalid code. libjpeg only warns about it; the service refuses damaged pictures.",
        (("pillow", "Tests/images/hopper_bad_exif.jpg"),),
    ),
    Known(
        "A TIFF of signed samples, which the references show as unsigned; the service refuses it and names it.",
        (
            ("imagecodecs", "tests/data/tiff/gray.*i1.tif"),
            ("imagecodecs", "tests/data/tiff/gray.*i2.tif"),
            ("pillow", "Tests/images/16bit.s.tif"),
            ("pillow", "Tests/images/8bit.s.tif"),
            ("vips", "test/test-suite/images/multi-channel-z-series.ome.tif"),
        ),
    ),
    Known(
        "A TIFF layout that ImageMagick cannot read, refused and named: CMYK in JPEG tiles, or old-style JPEG.",
        (
            ("pillow", "Tests/images/tiff_tiled_cmyk_jpeg.tif"),
            ("tiff", "test/images/ojpeg_zackthecat_subsamp22_single_strip.tiff"),
        ),
    ),
    Known(
        "A TIFF that contradicts itself, so that a reader has to guess: a strip that is longer than the file, as in a "
        "truncated file, or channels of 1 and of 8 bits.",
        (
            ("pillow", "Tests/images/tiff_wrong_bits_per_sample.tiff"),
            ("pillow", "Tests/images/tiff_wrong_bits_per_sample_2.tiff"),
        ),
    ),
    Known(
        "Fax data without line ends, which libtiff reads from version 4.7 on, but not in 4.5.",
        (("tiff", "test/images/testfax3_bug_513.tiff"),),
    ),
    Known(
        "A camera's raw file, of which the references show the embedded preview; the service refuses it and names it.",
        (("libimage-exiftool-perl", "t/images/DNG.dng"),),
    ),
    Known(
        "HEIC of 33 and 50 megapixels in 10 bits 4:2:2, which need more memory than a conversion may use by default.",
        (
            ("exiv2", "test/data/Sony.HIF"),
            ("pillow-heif", "tests/images/heif_special/guitar_cw90.hif"),
        ),
    ),
    Known(
        "The last byte of the picture is missing; pillow-heif shows the rest, the service reports a truncated file.",
        (("pillow-heif", "tests/images/heif_truncated/truncated.heic"),),
    ),
    Known(
        "The file marks its primary picture as a thumbnail of another picture. pillow-heif shows the other one, the "
        "service shows the primary one (ISO/IEC 14496-12, 8.11.4).",
        (("pillow-heif", "tests/images/heif_other/invalid_id.heic"),),
    ),
)


def explanation(outcome: Outcome) -> str | None:
    """The known reason why a file is different or refused, or None."""
    return next((each.reason for each in KNOWN if each.explains(outcome)), None)
