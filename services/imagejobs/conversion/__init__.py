"""Converts an image to an optimised WebP. Only `engine` and the modules that it imports load the image library."""
