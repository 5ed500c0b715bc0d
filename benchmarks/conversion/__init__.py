"""One still or animation to WebP: this engine beside Wand, Pillow, libvips, sharp and the codecs alone."""
