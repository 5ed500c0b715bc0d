"""The numbers of TIFF's fields and of their values, as far as they matter here (TIFF 6.0 and its supplements)."""

SUBFILE_TYPE, OLD_SUBFILE_TYPE = 254, 255
WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC, FILL_ORDER = 256, 257, 258, 259, 262, 266
STRIP_OFFSETS, ORIENTATION, SAMPLES, ROWS_PER_STRIP, STRIP_SIZES, PLANES = 273, 274, 277, 278, 279, 284
PREDICTOR, COLOUR_MAP, TILE_WIDTH, TILE_HEIGHT, TILE_OFFSETS, TILE_SIZES = 317, 320, 322, 323, 324, 325
SUBDIRECTORIES, INKS_COUNT, EXTRA_SAMPLES, SAMPLE_FORMAT, JPEG_TABLES = 330, 334, 338, 339, 347
LUMA_COEFFICIENTS, CHROMA_SUBSAMPLING, REFERENCE_BLACK_WHITE = 529, 530, 532
PROFILE, DNG_VERSION = 34675, 50706

WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, PALETTE, INKS, YCBCR, LAB, SENSOR, LINEAR_SENSOR = 0, 1, 2, 3, 5, 6, 8, 32803, 34892
"""PhotometricInterpretation; the last two are what a camera's sensor saw (TIFF/EP, DNG)."""
UNCOMPRESSED, LZW, JPEG, DEFLATE, PACKBITS, OLD_DEFLATE, LZMA, ZSTD = 1, 5, 7, 8, 32773, 32946, 34925, 50000
"""Compression."""
FAX = frozenset({2, 3, 4})
"""Compression of CCITT: of one bit a pixel."""
PREDICTED = frozenset({LZW, DEFLATE, OLD_DEFLATE, LZMA, ZSTD})
"""The compressions that a predictor goes with; elsewhere the field means nothing."""
SEPARATE_PLANES = 2
NO_ALPHA, PREMULTIPLIED, STRAIGHT = 0, 1, 2
"""ExtraSamples."""
REDUCED, OLD_REDUCED = 1, 2
"""A smaller version of another page: a bit of NewSubfileType, and a value of the older SubfileType."""
