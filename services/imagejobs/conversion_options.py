"""The conversion's options from settings, for the API, which holds uploads against its limits, and the worker alike."""

from imagejobs.conversion.options import Options
from imagejobs.settings import Settings


def conversion_options(settings: Settings) -> Options:
    """The engine's options that settings change."""
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
