"""Ranges that both the settings and the conversion or the storage check, in a module that all of them may import."""

KEY_SEGMENT = r"[A-Za-z0-9_-][A-Za-z0-9._-]*"
"""The pattern of one segment of an object's key: no leading dot, and no character that URLs must quote."""
WEBP_MAX_SIDE = 16383
"""Pixels. The headers of VP8 and VP8L have 14 bits for each side (RFC 6386, 9.1; RFC 9649, 3.4)."""
MAX_RENDITIONS = 10
"""Of one picture, with the largest."""
LEAST_QUALITY, MOST_QUALITY = 1, 99
"""Of lossy pictures, in libwebp's scale. ImageMagick treats 100 as lossless."""
LEAST_SSIM, MOST_SSIM = 0.5, 0.9999
"""Of the target for automatic quality; 1 would be lossless."""
