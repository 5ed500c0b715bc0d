from dataclasses import replace

from imagejobs.conversion.receipt import ImageFacts, Receipt

FACTS = ImageFacts("image/png", 10, 20, 30, 1, "0" * 64)
RECEIPT = Receipt(FACTS, FACTS, 6, None, lossless=True, quality=80, encoder="ImageMagick 6.9.11-60", duration_ms=7)


def test_json_is_in_camel_case_and_leaves_out_a_profile_that_was_not_converted() -> None:
    assert RECEIPT.to_json() == {
        "source": {"mimetype": "image/png", "bytes": 10, "width": 20, "height": 30, "frames": 1, "sha256": "0" * 64},
        "output": {"mimetype": "image/png", "bytes": 10, "width": 20, "height": 30, "frames": 1, "sha256": "0" * 64},
        "orientation": 6,
        "lossless": True,
        "quality": 80,
        "encoder": "ImageMagick 6.9.11-60",
        "durationMs": 7,
    }


def test_a_converted_profile_is_named() -> None:
    assert replace(RECEIPT, profile_converted="Display P3").to_json()["profileConverted"] == "Display P3"
