"""Conversion of one file to WebP: this engine compared with Wand, Pillow, libvips, sharp and the codecs alone."""
