"""From frames to WebP."""
