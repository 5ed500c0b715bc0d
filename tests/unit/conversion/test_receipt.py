import json
from dataclasses import replace

from imagejobs.conversion.encoding.trial import Encoding, Trial
from imagejobs.conversion.receipt import ImageFacts, Receipt

FACTS = ImageFacts("image/webp", 10, 2, 1, 1, "0" * 64)
RECEIPT = Receipt(
    source=FACTS,
    output=FACTS,
    orientation=6,
    profile_converted=None,
    encoding=Encoding.LOSSY,
    quality=80,
    tried=(Trial(Encoding.LOSSY, 80, 10), Trial(Encoding.LOSSLESS, 100, 20)),
    reason="the smallest of what was tried",
    notes=("The PNG is an animation of 3 frames; the first is kept",),
    encoder="ImageMagick 6.9.11-60",
    duration_ms=7,
)


def test_it_is_json_in_camel_case() -> None:
    json_object = json.loads(json.dumps(RECEIPT.to_json()))

    assert json_object["durationMs"] == 7
    assert json_object["source"]["sha256"] == "0" * 64
    assert json_object["tried"][1] == {"encoding": "lossless", "quality": 100, "bytes": 20}
    assert (json_object["encoding"], json_object["lossless"]) == ("lossy", False)
    assert "profileConverted" not in json_object


def test_the_converted_profile_is_in_the_receipt() -> None:
    assert replace(RECEIPT, profile_converted="Display P3").to_json()["profileConverted"] == "Display P3"


def test_only_lossless_counts_as_lossless() -> None:
    found = {each: replace(RECEIPT, encoding=each).to_json()["lossless"] for each in Encoding}

    assert [each for each, lossless in found.items() if lossless] == [Encoding.LOSSLESS]
