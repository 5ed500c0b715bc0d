"""The ranges of values that the settings and the code behind them both check; neither imports the other."""

KEY_SEGMENT = r"[A-Za-z0-9_-][A-Za-z0-9._-]*"
"""One segment of an object's key: not empty, not hidden, not `..`, and without characters that need quoting."""
WEBP_MAX_SIDE = 16383
"""Pixels of a WebP's side: the headers of VP8 and VP8L hold 14 bits (RFC 6386, 9.1; RFC 9649, 3.4)."""
MAX_RENDITIONS = 10
"""Sizes of one picture, the largest included."""
LEAST_QUALITY, MOST_QUALITY = 1, 99
"""libwebp's qualities of lossy pictures; ImageMagick takes 100 for lossless."""
LEAST_SSIM, MOST_SSIM = 0.5, 0.9999
"""Likeness that can be asked for: below it a picture is not recognised, and 1 is lossless."""
