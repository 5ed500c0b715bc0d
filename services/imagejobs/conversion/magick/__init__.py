"""ImageMagick through Wand: the only room that imports it."""
