"""The source archives of public projects that provide the images, each pinned by its SHA-256."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PythonSource:
    """A source distribution in the Python package index that uv is configured with."""

    project: str
    version: str
    sha256: str

    @property
    def title(self) -> str:
        """The name in messages."""
        return f"{self.project} {self.version} (Python)"


@dataclass(frozen=True, slots=True)
class DebianSource:
    """The upstream archive of a source package in a Debian release; packaging revisions do not change it."""

    project: str
    release: str
    sha256: str

    @property
    def title(self) -> str:
        """The name in messages."""
        return f"{self.project} ({self.release})"


Source = PythonSource | DebianSource

PYTHON: tuple[PythonSource, ...] = (
    PythonSource("pillow", "12.0.0", "87d4f8125c9988bfbed67af47dd7a953e2fc7b0cc1e7800ec6d2080d490bb353"),
    PythonSource("pillow-heif", "1.8.1", "521ebffb8a181d56c3904e5a61f20903edee0d9d3275967b8fb345f866215c06"),
    PythonSource("imagecodecs", "2026.3.6", "471b8a4d1b3843cbf7179b45f7d7261f0c0b28809efc1ca6c47822477b143b85"),
    PythonSource("scikit-image", "0.26.0", "f5f970ab04efad85c24714321fcc91613fcb64ef2a892a13167df2f3e59199fa"),
    PythonSource("wand", "0.7.2", "0387fd08848d00cadd1d885fcb19a17dd4250df2029e5338b6b668b7fed64b5b"),
    PythonSource("pygame", "2.6.1", "56fb02ead529cee00d415c3e007f75e0780c655909aaa8e8bf616ee09c9feb1f"),
)
DEBIAN: tuple[DebianSource, ...] = (
    DebianSource("tiff", "trixie", "2b8b5c4e79cb2a4651796602e45d6179b7f18bc283feab417b8e881ef7e81862"),
    DebianSource("libheif", "bookworm", "28d5a376fe7954d2d03453f983aaa0b7486f475c27c7806bda31df9102325556"),
    DebianSource("giflib", "trixie", "be7ffbd057cadebe2aa144542fd90c6838c6a083b5e8a9048b8ee3b66b29d5fb"),
    DebianSource("exiv2", "bookworm", "f16ee5ff08b6994c66106109417857f13e711fca100ac43c6a403d4f02b59602"),
    DebianSource("libpng1.6", "trixie", "b17e99026055727e8cba99160c3a9a7f9af788e9f786daeadded5a42243f1dd0"),
    DebianSource("libwebp", "trixie", "7d6fab70cf844bf6769077bd5d7a74893f8ffd4dfb42861745750c63c2a5c92c"),
    DebianSource("libgd2", "trixie", "dd3f1f0bb016edcc0b2d082e8229c822ad1d02223511997c80461481759b1ed2"),
    DebianSource("libexif", "trixie", "ee0795432c20d2fdb2a8a579dd6fc0e19d402e36f14f42c03ab60d2345950f09"),
    DebianSource("gdk-pixbuf", "trixie", "2fab7a828f1a017a235cd800cf0b47d83733037bade493337c46ed79e7ef3678"),
    DebianSource("kf6-kimageformats", "trixie", "8cace92dc49ce24ad865b31d1bfb2eab2d7cf550542660f9d2a16dbe9b47f34e"),
    DebianSource("vips", "trixie", "df960c3df02da8ae16ee19e79c9428e955d178242a8f06064e07e0c417238e6e"),
    DebianSource("imagemagick", "trixie", "bcb4f3c78a930a608fa4889f889edbcb384974246ad9407fce1858f2c0607bfe"),
    DebianSource("graphicsmagick", "trixie", "ae4a83694a3ed81bc8b960fe640cc463d6924d3d18cc0fd0b2cfd4de4a9bf77f"),
    DebianSource("openimageio", "trixie", "0dc2185aac5e01a2e5a1a804f558c1190ea048650a7fedef1033a1616abcac80"),
    DebianSource("golang-golang-x-image", "trixie", "dd23e3256a92667d201fd031a44294e4d54812e0f6fc69365da3bb4fcf3c730d"),
    DebianSource(
        "libimage-exiftool-perl", "trixie", "78061843d488036841728d9cb9854454cf51d60d2ab510f1fd15d4921009910f"
    ),
)
SOURCES: tuple[Source, ...] = (*PYTHON, *DEBIAN)
