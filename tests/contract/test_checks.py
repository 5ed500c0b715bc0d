"""All of Schemathesis' checks are enabled in every situation, except those listed here with a reason."""

from collections.abc import Mapping
from typing import Any

import pytest
import schemathesis
from contract.schema import CUT_OFF, IMAGES, MAX_SECONDS, OPEN, REFUSING, configuration, sends_only_images
from imagejobs.contract.openapi import load_contract
from schemathesis.checks import CHECKS, load_all_checks

load_all_checks()
SITUATIONS: Mapping[str, Mapping[str, Any]] = {"guarded": {}, "open": OPEN, "locked": REFUSING, "cut off": CUT_OFF}
OFF: Mapping[str, list[str]] = {"open": ["ignored_auth"]}
"""The reason is given at `OPEN` in contract/schema.py."""

JUDGE_BY_STATUS = ("positive_data_acceptance", "negative_data_rejection", "missing_required_header")


def checks(situation: str) -> Any:
    return configuration(**SITUATIONS[situation]).projects.get_default().checks


@pytest.mark.parametrize("situation", SITUATIONS)
def test_every_check_is_on(situation: str) -> None:
    names = CHECKS.get_all_names()
    assert len(names) >= 14
    assert [name for name in names if not getattr(checks(situation), name).enabled] == OFF.get(situation, [])
    assert checks(situation).max_response_time.limit == MAX_SECONDS


@pytest.mark.parametrize("name", JUDGE_BY_STATUS)
def test_no_server_error_accepts_or_rejects_unless_services_are_away(name: str) -> None:
    for situation in SITUATIONS.keys() - {"cut off"}:
        assert not [each for each in getattr(checks(situation), name).expected_statuses if each.startswith("5")]


def test_the_only_server_error_of_an_outage_is_503() -> None:
    assert checks("cut off").not_a_server_error.expected_statuses == ["2xx", "4xx", "503"]


SCHEMA = schemathesis.openapi.from_dict(dict(load_contract().document))


@pytest.mark.parametrize(
    ("path", "body", "only_images"),
    [
        ("/api/image-jobs", {"image": IMAGES[0]}, True),
        ("/api/image-jobs", {"image": "text"}, False),
        ("/api/image-jobs", {"image": IMAGES[0] + b"x"}, False),
        ("/api/image-jobs", {"entityId": "text"}, True),
        ("/api/events", {"images": IMAGES}, True),
        ("/api/events", {"images": [*IMAGES, "text"]}, False),
    ],
)
def test_a_refused_image_is_a_failure_unless_it_is_none_of_ours(path: str, body: Any, only_images: bool) -> None:
    assert sends_only_images(SCHEMA[path]["POST"].Case(body=body, media_type="multipart/form-data")) is only_images
