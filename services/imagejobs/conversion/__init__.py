"""From an uploaded image to an optimised WebP. Only `engine` and what it alone imports need the image library."""
