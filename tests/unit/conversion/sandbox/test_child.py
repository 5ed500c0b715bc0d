import base64
import io
from dataclasses import asdict
from pathlib import Path

import pytest
from imagejobs.conversion import engine
from imagejobs.conversion.engine import convert
from imagejobs.conversion.errors import ConversionError, ErrorCode, MachineFault
from imagejobs.conversion.options import Options
from imagejobs.conversion.sandbox import child
from imagejobs.conversion.sandbox.child import answer, serve
from imagejobs.conversion.sandbox.confinement import Limits
from imagejobs.conversion.sandbox.result import Abilities, read_result
from imagejobs.conversion.sandbox.wire import read_message, write_message

OPTIONS = Options(max_side=60, renditions=(30, 10), quality="auto", method=2)
ABILITIES = Abilities("an encoder", ("png",), without=("network",))


def test_an_answer_holds_the_whole_conversion(samples: dict[str, bytes]) -> None:
    expected = convert(samples["png"], OPTIONS)

    header, payload = answer(asdict(OPTIONS), samples["png"])

    result = read_result(header, payload)
    assert [(each.width, each.height) for each in result.pictures] == [(60, 40), (30, 20), (10, 7)]
    assert [each.data for each in result.pictures] == [each.data for each in expected.renditions]
    assert {**result.receipt, "durationMs": 0} == {**expected.receipt.to_json(), "durationMs": 0}
    assert base64.b64decode(result.thumb_hash) == expected.placeholder.thumb_hash
    assert result.dominant_color == expected.placeholder.dominant_color


def test_an_answer_may_be_an_error() -> None:
    header, payload = answer(asdict(OPTIONS), b"no image")

    assert (header["error"]["code"], header["error"]["retryable"], payload) == ("unsupported_type", False, b"")
    with pytest.raises(ConversionError, match="not an accepted image"):
        read_result(header, payload)


@pytest.mark.parametrize("retryable", [True, False])
def test_an_error_keeps_whether_to_try_again(retryable: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ConversionError(ErrorCode.CONVERSION_MEMORY, "no room", retryable=retryable)

    monkeypatch.setattr(engine, "convert", fail)

    header, _ = answer(asdict(OPTIONS), b"")

    error = {"code": "conversion_memory", "message": "no room", "retryable": retryable, "is_machines": False}
    assert header == {"error": error}


def test_a_fault_of_the_machine_is_one_for_the_parent_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise MachineFault(ErrorCode.CONVERSION_MEMORY, "no room")

    monkeypatch.setattr(engine, "convert", fail)

    with pytest.raises(MachineFault, match="no room"):
        read_result(*answer(asdict(OPTIONS), b""))


def test_any_other_exception_is_the_childs_death(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(engine, "convert", fail)

    with pytest.raises(MemoryError):
        answer(asdict(OPTIONS), b"")


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The processor time allowed for each job, recorded instead of limiting the tests' own process."""
    allowed: list[int] = []
    monkeypatch.setattr(child, "allow_cpu_seconds", allowed.append)
    monkeypatch.setattr(child, "allow_file_of", lambda _pixels: None)
    return allowed


def test_requests_are_answered_one_after_the_other_until_there_are_no_more(
    samples: dict[str, bytes], seconds: list[int], tmp_path: Path
) -> None:
    requests, answers = io.BytesIO(), io.BytesIO()
    for source in (samples["png"], b"no image", samples["jpeg"]):
        write_message(requests, asdict(OPTIONS), source)
    requests.seek(0)

    serve(requests, answers, Limits(seconds=9), ABILITIES, tmp_path)

    answers.seek(0)
    assert read_message(answers, 0) == ({"encoder": "an encoder", "reads": ["png"], "without": ["network"]}, b"")
    assert read_result(*read_message(answers, 1 << 20)).data == convert(samples["png"], OPTIONS).data
    assert "error" in read_message(answers, 0)[0]
    assert read_result(*read_message(answers, 1 << 20)).data == convert(samples["jpeg"], OPTIONS).data
    assert answers.read() == b""
    assert seconds == [9, 9, 9]


@pytest.mark.usefixtures("seconds")
def test_half_a_request_is_the_parents_end(tmp_path: Path) -> None:
    requests, answers = io.BytesIO(), io.BytesIO()
    write_message(requests, asdict(OPTIONS), b"no image")
    half = io.BytesIO(requests.getvalue()[:-1])

    serve(half, answers, Limits(), ABILITIES, tmp_path)

    answers.seek(0)
    read_message(answers, 0)
    assert answers.read() == b""


@pytest.mark.usefixtures("seconds")
def test_pixels_that_were_left_on_disk_are_removed_and_nothing_else(tmp_path: Path) -> None:
    requests = io.BytesIO()
    write_message(requests, asdict(OPTIONS), b"no image")
    requests.seek(0)
    for name in ("magick-1", "magick-2", "other"):
        (tmp_path / name).touch()

    serve(requests, io.BytesIO(), Limits(), ABILITIES, tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == ["other"]
