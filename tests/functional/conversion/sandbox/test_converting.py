from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from imagejobs.conversion.engine import convert
from imagejobs.conversion.errors import ConversionError
from imagejobs.conversion.options import Options
from imagejobs.conversion.sandbox.pool import Converter
from measures.decoded_pictures import encode, photo
from servers.processes import wait_until
from worlds.conversion_children import folder_of, has_ended, slow_conversion

OPTIONS = Options(max_side=64, renditions=(32, 16), quality="auto", target_ssim=0.97)


def test_the_child_makes_what_the_engine_makes(converter: Converter, small: bytes) -> None:
    here, there = convert(small, OPTIONS), converter.convert(small, OPTIONS)

    assert [(p.width, p.height, p.data) for p in there.pictures] == [
        (rendition.width, rendition.height, rendition.data) for rendition in here.renditions
    ]
    assert there.data == here.data
    assert there.dominant_color == here.placeholder.dominant_color
    assert {**there.receipt, "durationMs": 0} == {**here.receipt.to_json(), "durationMs": 0}


def test_one_child_serves_many_jobs_and_survives_bad_files(converter: Converter, small: bytes) -> None:
    first = converter.convert(small, OPTIONS)
    pids = converter.pids
    with pytest.raises(ConversionError, match="not an accepted image") as caught:
        converter.convert(b"nothing of the kind", OPTIONS)

    assert converter.convert(small, OPTIONS).pictures == first.pictures
    assert (caught.value.code, caught.value.retryable) == ("unsupported_type", False)
    assert len(pids) == 1
    assert converter.pids == pids


def test_there_are_as_many_children_as_callers_and_no_more(converter: Converter) -> None:
    sources = [encode(photo(60 + 3 * number, 50), "PNG") for number in range(12)]

    def pictures(source: bytes) -> object:
        return converter.convert(source, Options()).data

    with ThreadPoolExecutor(3) as threads:
        converted = list(threads.map(pictures, sources))

    assert converted == [convert(source, Options()).data for source in sources]
    assert 2 <= len(converter.pids) <= 3


def test_a_second_caller_does_not_wait_for_the_first(converter: Converter, slow: bytes, small: bytes) -> None:
    with slow_conversion(converter, slow) as (pid, conversion):
        converter.convert(small, OPTIONS)

        assert not conversion.done()
        assert len(converter.pids) == 2
        converter.close()
        assert has_ended(pid)


def test_children_are_started_before_they_are_asked(converter: Converter, small: bytes) -> None:
    converter.start(2)
    pids = set(converter.pids)

    converter.convert(small, OPTIONS)

    assert len(pids) == 2
    assert set(converter.pids) == pids


def test_closing_ends_every_child_and_removes_its_folder(folders: Callable[[], list[Path]]) -> None:
    with Converter() as converter:
        converter.start(2)
        converter.abilities()
        pids = converter.pids
        assert sorted(folder_of(pid) for pid in pids) == folders()

    assert [has_ended(pid) for pid in pids] == [True, True]
    assert folders() == []
    assert converter.pids == []


def test_closing_in_mid_conversion_lets_the_job_be_tried_again(folders: Callable[[], list[Path]], slow: bytes) -> None:
    with Converter() as converter, slow_conversion(converter, slow) as (pid, conversion):
        converter.close()

        failure = conversion.exception(timeout=10)
        assert isinstance(failure, ConversionError)
        assert failure.retryable
        wait_until(lambda: has_ended(pid))
        assert (converter.pids, folders()) == ([], [])
