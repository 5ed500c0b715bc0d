"""The messages of ImageMagick 6.9 and 7.1 and their libraries about a shortage, taken from their sources."""

import pytest
from imagejobs.conversion.magick.shortages import MESSAGES, REMEDIES, Shortage, shortage_in

DISK, HANDLES, MEMORY, ALLOWANCE, SIZE = Shortage

SAID = [
    # ImageMagick with its message catalogue (locale files), partly with the system's reason
    ("unable to extend cache `': No space left on device @ error/cache.c/OpenPixelCache/3893", DISK),
    ("unable to extend cache `': Disk quota exceeded @ error/cache.c/OpenPixelCache/3889", DISK),
    ("unable to extend cache `File too large' @ error/cache.c/OpenPixelCache/3893", DISK),
    ("unable to extent pixel cache `No space left on device' @ fatal/cache.c/CacheSignalHandler/3380", DISK),
    ("unable to extend pixel cache `Success' @ fatal/cache.c/CacheSignalHandler/3614", DISK),
    ("unable to open pixel cache `No such file or directory' @ error/cache.c/OpenPixelCache/3883", DISK),
    ("unable to open pixel cache `Permission denied' @ error/cache.c/OpenPixelCache/4098", DISK),
    ("unable to open pixel cache `Read-only file system' @ error/cache.c/OpenPixelCache/4098", DISK),
    ("unable to read pixel cache `/tmp/magick-1' @ error/cache.c/ReadPixelCachePixels/4383", DISK),
    ("unable to write pixel cache `/tmp/magick-1' @ error/cache.c/WritePixelCachePixels/5793", DISK),
    ("unable to clone cache `/tmp/magick-1' @ error/cache.c/ClonePixelCachePixels/500", DISK),
    ("unable to persist pixel cache `x' @ error/cache.c/PersistPixelCache/4200", DISK),
    ("unable to create temporary file `/tmp/magick-1' @ error/jpeg.c/ReadJPEGImage/1140", DISK),
    ("unable to open file `/tmp/magick-1': No such file or directory @ error/heic.c/ReadHEICImage/500", DISK),
    ("unable to write file `/tmp/magick-1' @ error/constitute.c/WriteImage/1200", DISK),
    ("unable to write blob `' @ error/blob.c/ImageToBlob/2100", DISK),
    ("an error has occurred writing to file `' @ error/blob.c/CloseBlob/600", DISK),
    ("unable to open pixel cache `Too many open files' @ error/cache.c/OpenPixelCache/4098", HANDLES),
    ("unable to open pixel cache `Too many open files in system' @ error/cache.c/OpenPixelCache/4098", HANDLES),
    ("unable to open pixel cache `No file descriptors available' @ error/cache.c/OpenPixelCache/4098", HANDLES),
    ("cache resources exhausted `' @ error/cache.c/OpenPixelCache/4095", ALLOWANCE),
    ("pixel cache allocation failed `' @ error/cache.c/OpenPixelCache/3737", ALLOWANCE),
    ("profile size exceeds limit `ICC' @ error/profile.c/SetImageProfile/2000", ALLOWANCE),
    ("memory allocation failed `' @ error/gif.c/ReadGIFImage/1300", MEMORY),
    ("Memory allocation failed `x' @ fatal/quantum.c/AcquireQuantumInfo/120", MEMORY),
    ("unable to allocate image `x' @ fatal/image.c/AcquireImage/170", MEMORY),
    ("unable to allocate colormap `x' @ error/colormap.c/AcquireImageColormap/130", MEMORY),
    ("unable to acquire string `x' @ error/string.c/AcquireString/120", MEMORY),
    ("unable to acquire cache view `x' @ fatal/cache-view.c/AcquireVirtualCacheView/120", MEMORY),
    ("unable to clone image `x' @ fatal/image.c/CloneImage/800", MEMORY),
    ("unable to create colormap `x' @ error/gif.c/ReadGIFImage/1200", MEMORY),
    ("width or height exceeds limit `' @ error/cache.c/OpenPixelCache/3731", SIZE),
    ("list length exceeds limit `' @ error/tiff.c/ReadTIFFImage/1500", SIZE),
    # ImageMagick without its message catalogue
    ("UnableToExtendCache `No space left on device' @ error/cache.c/OpenPixelCache/4111", DISK),
    ("UnableToExtendPixelCache `x'", DISK),
    ("UnableToOpenPixelCache `x' @ error/cache.c/OpenPixelCache/3883", DISK),
    ("UnableToWritePixelCache `x'", DISK),
    ("UnableToCreateTemporaryFile `x'", DISK),
    ("python3: UnableToConcatenateString `Cannot allocate memory' @ fatal/string.c/ConcatenateString/519.", MEMORY),
    ("CacheResourcesExhausted `x' @ error/cache.c/OpenPixelCache/4083", ALLOWANCE),
    ("MemoryAllocationFailed `x' @ error/webp.c/ReadWEBPImage/400", MEMORY),
    ("WidthOrHeightExceedsLimit `PNG'", SIZE),
    # libjpeg
    ("Insufficient memory (case 4) `' @ error/jpeg.c/JPEGErrorHandler/345", MEMORY),
    ("Backing store not supported `' @ error/jpeg.c/JPEGErrorHandler/345", ALLOWANCE),
    ("Failed to create temporary file /tmp/x `' @ error/jpeg.c/JPEGErrorHandler/345", DISK),
    ("Read failed on temporary file", DISK),
    ("Seek failed on temporary file", DISK),
    ("Write failed on temporary file --- out of disk space?", DISK),
    ("Output file write error --- out of disk space?", DISK),
    # libpng and zlib
    ("Out of memory `' @ error/png.c/MagickPNGErrorHandler/1800", MEMORY),
    ("insufficient memory to read chunk `' @ error/png.c/MagickPNGErrorHandler/1800", MEMORY),
    ("Insufficient memory to process iCCP chunk `'", MEMORY),
    ("insufficient memory `' @ error/png.c/MagickPNGErrorHandler/1800", MEMORY),
    ("Memory allocation for quantum_info failed", MEMORY),
    # libtiff
    ("No space for data buffer at scanline 7. `TIFFReadScanline' @ error/tiff.c/TIFFErrors/560", MEMORY),
    ("No space to expand strip arrays. `x' @ error/tiff.c/TIFFErrors/560", MEMORY),
    ("Failed to allocate memory for StripOffsets (9 elements of 8 bytes each). `x'", MEMORY),
    ("Cannot allocate strip offset and bytecount arrays. `x'", MEMORY),
    ("Out of memory allocating 99 byte temp buffer. `x'", MEMORY),
    ("Not enough memory. `x'", MEMORY),
    ("Memory allocation of 999 bytes is beyond the 9 byte limit defined in open options. `x'", ALLOWANCE),
    # libheif, libde265, libaom
    (
        "Memory allocation error: Unspecified: Cannot allocate image memory. (6.0) `' @ error/heic.c/IsHeif",
        MEMORY,
    ),
    ("Failed to allocate image: Unspecified `x'", MEMORY),
    ("total memory size would be 9 bytes, exceeding the security limit of 8 bytes `x'", ALLOWANCE),
    ("Error allocating grain table", MEMORY),
    # libwebp
    ("out of memory `' @ error/webp.c/WriteWEBPImage/1000", MEMORY),
    ("bitstream out of memory `' @ error/webp.c/WriteWEBPImage/1000", MEMORY),
    ("no memory during frame initialization.", MEMORY),
    # lcms
    ("AllocateDataFormat: Unable to allocate dataFormat array", MEMORY),
    ("Couldn't allocate 99 bytes for profile", MEMORY),
    # Python, C++ and the dynamic linker
    ("[Errno 28] No space left on device: '/tmp/imagejobs-conversion.lock-x'", DISK),
    ("[Errno 122] Disc quota exceeded", DISK),
    ("No usable temporary directory found in ['/tmp', '/var/tmp']", DISK),
    ("[Errno 24] Too many open files", HANDLES),
    ("[Errno 11] Resource temporarily unavailable", HANDLES),
    ("RuntimeError: can't start new thread", HANDLES),
    ("[Errno 12] Cannot allocate memory", MEMORY),
    ("Traceback (most recent call last):\nMemoryError", MEMORY),
    ("terminate called after throwing an instance of 'std::bad_alloc'", MEMORY),
    ("could not allocate 9 bytes", MEMORY),
    ("unable to load module `/usr/lib/heic.so: failed to map segment from shared object' @ error/module.c", MEMORY),
]


@pytest.mark.parametrize(("message", "shortage"), SAID)
def test_every_message_is_recognised_by_its_kind(message: str, shortage: Shortage) -> None:
    assert shortage_in(message) is shortage


@pytest.mark.parametrize(("words", "shortage"), MESSAGES)
def test_every_row_decides_for_a_known_message(words: str, shortage: Shortage) -> None:
    letters = "".join(filter(str.isalpha, words)).lower()

    assert shortage_in(words) is shortage
    assert any(letters in "".join(filter(str.isalpha, message)).lower() for message, _ in SAID), "nobody says it"


@pytest.mark.parametrize(
    "message",
    [
        "improper image header `PNG' @ error/png.c/ReadPNGImage/4092",
        "unexpected end-of-file `GIF' @ error/gif.c/ReadGIFImage/1100",
        "Premature end of JPEG file `' @ warning/jpeg.c/JPEGWarningHandler/401",
        "Insufficient image data in file `GIF'",
        "Not enough pixel data `PNG'",
        "corrupt image `' @ error/webp.c/ReadWEBPImage/500",
        "IDAT: CRC error `' @ error/png.c/MagickPNGErrorHandler/1800",
        "no space in chunk cache `'",
        "Read error on strip 3; got 5 bytes, expected 9. `x' @ error/tiff.c/TIFFErrors/560",
        "no decode delegate for this image format `HEIC' @ error/blob.c/BlobToImage/480",
        "attempt to perform an operation not allowed by the security policy `x' @ error/constitute.c/IsCoderAuthorized",
        "corrupt image `' @ error/memory.c/NoMemoryHere/1",
    ],
)
def test_what_is_wrong_with_a_file_is_not_a_shortage(message: str) -> None:
    assert shortage_in(message) is None


def test_whatever_the_machine_is_short_of_has_a_remedy() -> None:
    assert set(REMEDIES) == {DISK, HANDLES, MEMORY}
