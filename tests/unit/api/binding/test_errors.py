import logging
from typing import Any

import pytest
from imagejobs.api.binding.errors import as_api_error, broken_contract, error_response
from imagejobs.contract.violations import Violation
from imagejobs.conversion.errors import ConversionError, ErrorCode
from imagejobs.errors import BackingServiceUnavailable, DatabaseUnavailable
from imagejobs.events.errors import EventNotFound
from imagejobs.jobs.errors import IdempotencyKeyReused, JobNotFound, OutputNotAccepted, QueueFull
from imagejobs.storage.object_storage import StorageUnavailable
from imagejobs.task_queue.task_queue import QueueUnavailable
from starlette.exceptions import HTTPException
from worlds.api_requests import assert_error
from worlds.memory_api import memory_api


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (JobNotFound("1"), 404, "not_found"),
        (EventNotFound("1"), 404, "not_found"),
        (OutputNotAccepted("no"), 409, "output_not_accepted"),
        (IdempotencyKeyReused("no"), 409, "idempotency_key_reused"),
        (ConversionError(ErrorCode.CORRUPT, "no"), 422, "corrupt"),
        (QueueFull(5, 4), 503, "queue_full"),
        (DatabaseUnavailable("gone"), 503, "mongodb_unavailable"),
        (QueueUnavailable("gone"), 503, "redis_unavailable"),
        (StorageUnavailable("gone"), 503, "storage_unavailable"),
        (BackingServiceUnavailable("API", "gone"), 503, "api_unavailable"),
        (HTTPException(404), 404, "not_found"),
        (HTTPException(405), 405, "method_not_allowed"),
        (HTTPException(431), 431, "http_error"),
        (KeyError("password"), 500, "internal_error"),
    ],
)
def test_every_error_has_its_status_and_code(error: Exception, status: int, code: str) -> None:
    answer = as_api_error(error)
    assert (answer.status, answer.code) == (status, code)
    assert ("Retry-After" in error_response(answer).headers) == (status == 503)


def test_an_outage_names_the_service_and_not_its_address() -> None:
    answer = as_api_error(DatabaseUnavailable("mongodb://user:secret@db.internal refused"))
    assert [each.field for each in answer.details] == ["mongodb"]
    assert "secret" not in str(error_response(answer).body)


@pytest.mark.parametrize("validates", [True, False])
def test_an_unforeseen_error_is_500_without_its_details(validates: bool, caplog: pytest.LogCaptureFixture) -> None:
    api = memory_api(validate_responses=validates)

    def broken(*_: Any) -> None:
        raise RuntimeError("secret of the database")

    api.jobs.page = broken  # type: ignore[method-assign, assignment]  # a bug for once
    with caplog.at_level(logging.ERROR):
        answer = api.client().get("/api/image-jobs")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert answer.json()["success"] is False
    assert "secret of the database" in caplog.text
    if not validates:
        assert_error(answer, 500, "internal_error")


def test_half_a_surrogate_pair_of_a_request_is_repeated_as_a_question_mark() -> None:
    answer = error_response(broken_contract([Violation("\ud800", "is required")]))
    assert b'"field":"?"' in bytes(answer.body)
