"""ImageMagick through Wand: the only room that imports it."""

import os
from pathlib import Path

# Before any module of this room loads the library, which reads its policy once.
os.environ["MAGICK_CONFIGURE_PATH"] = str(Path(__file__).with_name("policy"))
