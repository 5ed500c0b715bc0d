"""Files written byte by byte that are valid except for one fault."""

import struct

import pytest
from files import png as png_files
from files.jpeg_variants import segment
from measures import structure_reading
from measures.structure_reading import read

SCREEN = b"GIF89a" + struct.pack("<HHB2x", 9, 7, 0)
FRAME = b"," + struct.pack("<HHHHB", 0, 0, 9, 7, 0) + b"\x02\x01\x44\0"
TRAILER = b";"

PNG_HEADER = struct.pack(">IIBBBBB", 9, 7, 8, 0, 0, 0, 0)


def refusal(data: bytes) -> tuple[str, str]:
    """The error's code, and its message without the advice at the end."""
    code, message = structure_reading.refusal(data)
    return code, message.partition(": the file is damaged")[0]


def webp(*chunks: tuple[bytes, bytes]) -> bytes:
    body = b"".join(kind + struct.pack("<I", len(data)) + data for kind, data in chunks)
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WEBP" + body


class TestGif:
    def test_the_smallest_whole_one_is_read(self) -> None:
        found = read(SCREEN + FRAME + TRAILER)
        assert (found.width, found.height, found.frames, found.loop_count) == (9, 7, 1, 1)

    def test_zeros_between_blocks_are_passed_over(self) -> None:
        assert read(SCREEN + b"\0\0" + FRAME + b"\0" + FRAME + TRAILER).frames == 2

    def test_a_block_of_an_unknown_kind_is_reported_with_its_place(self) -> None:
        code, message = refusal(SCREEN + b"\x99" + FRAME + TRAILER)
        assert (code, message) == ("corrupt", f"The GIF has an impossible block at byte {len(SCREEN)}")

    def test_what_stands_in_the_place_of_the_trailer_is_passed_over(self) -> None:
        assert read(SCREEN + FRAME + b"\x99junk").frames == 1

    @pytest.mark.parametrize("size", [(16384, 1), (1, 16384)])
    def test_a_later_frame_with_a_side_that_cannot_be_decoded_is_too_large(self, size: tuple[int, int]) -> None:
        huge = b"," + struct.pack("<HHHHB", 0, 0, *size, 0) + FRAME[10:]
        code, message = refusal(SCREEN + FRAME + huge + TRAILER)
        assert code == "too_many_pixels"
        assert f"{size[0]} x {size[1]}" in message

    @pytest.mark.parametrize("size", [(0, 7), (9, 0)])
    def test_a_frame_without_width_or_height_is_corrupt(self, size: tuple[int, int]) -> None:
        frame = b"," + struct.pack("<HHHHB", 0, 0, *size, 0) + FRAME[10:]
        code, message = refusal(SCREEN + frame + TRAILER)
        assert code == "corrupt"
        assert "width or height of 0" in message

    @pytest.mark.parametrize("bits", [0, 12, 255])
    def test_codes_of_an_impossible_size_are_corrupt(self, bits: int) -> None:
        code, message = refusal(SCREEN + FRAME[:10] + bytes([bits]) + FRAME[11:] + TRAILER)
        assert code == "corrupt"
        assert "codes of an impossible size" in message

    def test_a_screen_without_a_size_takes_the_first_frames(self) -> None:
        found = read(b"GIF89a" + struct.pack("<HHB2x", 0, 0, 0) + FRAME + TRAILER)
        assert (found.width, found.height) == (9, 7)

    @pytest.mark.parametrize(
        "extension",
        [
            pytest.param(b"!\xfe\x05hello\x02!!\0", id="a comment"),
            pytest.param(b"!\xff\x0bXMP DataXMP\x03abc\0", id="another application extension"),
            pytest.param(b"!\xff\0", id="an application extension without a name"),
            pytest.param(b"!\xf9\x02\0\x64\0", id="a graphic control that is too short"),
            pytest.param(b"!\xff\x0bNETSCAPE2.0\0", id="an empty loop extension"),
            pytest.param(b"!\xff\x0bNETSCAPE2.0\x03\x02\x05\0\0", id="a loop extension of another kind"),
        ],
    )
    def test_an_extension_that_says_nothing_of_the_animation_changes_nothing(self, extension: bytes) -> None:
        assert read(SCREEN + extension + FRAME + FRAME + TRAILER) == read(SCREEN + FRAME + FRAME + TRAILER)

    def test_both_names_of_the_loop_are_known(self) -> None:
        loops = [b"!\xff\x0b" + name + b"\x03\x01\x02\0\0" for name in (b"NETSCAPE2.0", b"ANIMEXTS1.0")]
        assert [read(SCREEN + loop + FRAME + FRAME + TRAILER).loop_count for loop in loops] == [3, 3]

    def test_the_most_repetitions_are_as_many_as_a_webp_can_have(self) -> None:
        loop = b"!\xff\x0bNETSCAPE2.0\x03\x01\xff\xff\0"
        assert read(SCREEN + loop + FRAME + FRAME + TRAILER).loop_count == 0xFFFF


class TestJpeg:
    SCAN = segment(0xDA, b"\x01\x01\0\0\x3f\0") + b"\x12\x34"

    def jpeg(self, frame_header: bytes) -> bytes:
        return b"\xff\xd8" + segment(0xE0, b"JFIF\0") + segment(0xC0, frame_header) + self.SCAN + b"\xff\xd9"

    def test_the_smallest_whole_one_is_read(self) -> None:
        found = read(self.jpeg(struct.pack(">BHHB", 8, 7, 9, 1)))
        assert (found.width, found.height) == (9, 7)

    def test_a_frame_header_that_is_too_short_is_corrupt(self) -> None:
        code, message = refusal(self.jpeg(b"\x08\0\x07\0\x09"))
        assert code == "corrupt"
        assert "too short" in message

    @pytest.mark.parametrize("size", [(0, 9), (7, 0)])
    def test_a_width_or_height_of_0_is_corrupt(self, size: tuple[int, int]) -> None:
        code, message = refusal(self.jpeg(struct.pack(">BHHB", 8, *size, 1)))
        assert code == "corrupt"
        assert "width or height of 0" in message

    def test_12_bits_a_sample_are_named_unsupported(self) -> None:
        code, message = refusal(self.jpeg(struct.pack(">BHHB", 12, 7, 9, 1)))
        assert code == "unsupported_type"
        assert "12 bits" in message

    def test_an_impossible_marker_is_reported_with_its_place(self) -> None:
        code, message = refusal(b"\xff\xd8\xff\x02" + bytes(40))
        assert (code, message) == ("corrupt", "The JPEG has an impossible marker FF 02 at byte 2")

    def test_any_number_of_ff_may_come_before_a_marker(self) -> None:
        whole = self.jpeg(struct.pack(">BHHB", 8, 7, 9, 1))
        assert read(whole[:2] + b"\xff" * 5 + whole[2:]) == read(whole)


class TestPng:
    def png(self, *chunks: png_files.Chunk) -> bytes:
        return png_files.SIGNATURE + b"".join(png_files.chunk(*each) for each in chunks)

    def test_the_smallest_whole_one_is_read(self) -> None:
        found = read(self.png((b"IHDR", PNG_HEADER), (b"IDAT", b"x"), (b"IEND", b"")))
        assert (found.width, found.height) == (9, 7)

    def test_another_chunk_before_the_header_is_corrupt(self) -> None:
        code, message = refusal(self.png((b"gAMA", PNG_HEADER), (b"IDAT", b"x"), (b"IEND", b"")))
        assert (code, message) == ("corrupt", "The PNG does not begin with its header")

    def test_a_header_of_another_length_is_corrupt(self) -> None:
        code, message = refusal(self.png((b"IHDR", PNG_HEADER + b"\0"), (b"IDAT", b"x"), (b"IEND", b"")))
        assert (code, message) == ("corrupt", "The PNG has a header of impossible length")

    @pytest.mark.parametrize("size", [(0, 7), (9, 0), (2**31, 7), (9, 2**31)])
    def test_an_impossible_size_is_corrupt(self, size: tuple[int, int]) -> None:
        header = struct.pack(">II", *size) + PNG_HEADER[8:]
        code, message = refusal(self.png((b"IHDR", header), (b"IDAT", b"x"), (b"IEND", b"")))
        assert (code, message) == ("corrupt", "The PNG has an impossible width or height")

    def test_one_without_a_picture_is_corrupt(self) -> None:
        code, message = refusal(self.png((b"IHDR", PNG_HEADER), (b"IEND", b"")))
        assert (code, message) == ("corrupt", "The PNG contains no picture")

    @pytest.mark.parametrize("chunk", [struct.pack(">I", 2**31) + b"IDAT", struct.pack(">I", 1) + b"ID4T"])
    def test_an_impossible_chunk_is_reported_with_its_place(self, chunk: bytes) -> None:
        header = self.png((b"IHDR", PNG_HEADER))
        code, message = refusal(header + chunk + bytes(9))
        assert (code, message) == ("corrupt", f"The PNG has an impossible chunk at byte {len(header)}")

    def test_a_wrong_checksum_of_what_need_not_be_understood_is_passed_over(self) -> None:
        whole = self.png((b"IHDR", PNG_HEADER), (b"tEXt", b"a\0b"), (b"IDAT", b"x"), (b"IEND", b""))
        assert read(whole.replace(b"a\0b", b"a\0c")).width == 9


class TestWebP:
    STILL = (b"VP8L", b"\x2f" + struct.pack("<I", 8 | 6 << 14) + bytes(5))
    EXTENDED = (b"VP8X", bytes(4) + b"\x08\0\0" + b"\x06\0\0")

    def test_the_smallest_whole_ones_are_read(self) -> None:
        sizes = [(each.width, each.height) for each in (read(webp(self.STILL)), read(webp(self.EXTENDED, self.STILL)))]
        assert sizes == [(9, 7), (9, 7)]

    @pytest.mark.parametrize("stills", [0, 2])
    def test_an_extended_one_has_exactly_one_picture(self, stills: int) -> None:
        code, message = refusal(webp(self.EXTENDED, *[self.STILL] * stills, (b"XMP ", b"<x/>")))
        assert code == "corrupt"
        assert "no picture, or several" in message

    @pytest.mark.parametrize(
        "chunk",
        [
            pytest.param((b"VP8 ", bytes(10)), id="without its start code"),
            pytest.param((b"VP8 ", b"\0\0\0\x9d\x01\x2a\0\0\x07\0"), id="without a width"),
            pytest.param((b"VP8 ", b"\0\0\0\x9d\x01\x2a\x09\0\0\0"), id="without a height"),
            pytest.param((b"VP8L", bytes(10)), id="lossless without its signature"),
        ],
    )
    def test_a_first_chunk_that_is_no_picture_is_corrupt(self, chunk: tuple[bytes, bytes]) -> None:
        assert refusal(webp(chunk)) == ("corrupt", "The WebP has no valid picture header")
