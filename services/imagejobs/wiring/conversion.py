"""The options and limits of the conversion from settings, for the API, the worker and `imagejobs convert` alike."""

from imagejobs.conversion.options import Options
from imagejobs.conversion.sandbox.confinement import Limits
from imagejobs.settings.conversion import ConversionSettings


def conversion_options(settings: ConversionSettings) -> Options:
    """The options of the engine."""
    return Options(
        max_side=settings.max_side,
        renditions=settings.renditions,
        quality=settings.webp_quality,
        target_ssim=settings.target_ssim,
        max_bytes=settings.max_upload_bytes,
        max_pixels=settings.max_pixels,
        max_frames=settings.max_frames,
        max_decoding_bytes=settings.max_decoding_bytes,
    )


def conversion_limits(settings: ConversionSettings) -> Limits:
    """The time and memory that one conversion may take."""
    return Limits(seconds=settings.conversion_seconds, memory_bytes=settings.conversion_memory_bytes)
