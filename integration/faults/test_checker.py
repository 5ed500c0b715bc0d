"""Tests the checker itself: it accepts a good history and finds exactly the fault of each bad one."""

import io
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from PIL import Image

from faults.checker import Finished, SeenObject, violations
from faults.history import Kind, Request, State
from faults.leftovers import Message, orphans, stranded, swept_away
from faults.marked_pictures import MarkedPicture
from faults.witness import Sightings

PICTURE = MarkedPicture(1)
BROKEN = MarkedPicture(2, content=b"not an image")
SOURCE = "raw/1700000000000-0123456789ab.jpg"
OUTPUT = "optimized/1700000000000-0123456789ab-optimized.webp"
SMALLER = "optimized/1700000000000-0123456789ab-optimized-64.webp"

UPLOAD = Request(Kind.UPLOAD, 0, "a", PICTURE, 1, 201)
PENDING = State("a", "PENDING", 0, 1, 1.1, source_key=SOURCE, source_sha256=PICTURE.sha256)
PROCESSING = replace(PENDING, status="PROCESSING", attempt=1, asked_at=2, seen_at=2.1)
COMPLETED = replace(
    PROCESSING, status="COMPLETED", asked_at=3, seen_at=3.1, output_key=OUTPUT, sizes={OUTPUT: 10, SMALLER: 5}
)
FAILED = replace(PROCESSING, status="FAILED", asked_at=3, seen_at=3.1, error_code="attempts_exhausted")
TOMBSTONE = replace(COMPLETED, status="DELETING", asked_at=4, seen_at=4.1)
OBJECTS = {SOURCE: SeenObject(99, True), OUTPUT: SeenObject(10, True), SMALLER: SeenObject(5, True)}
GOOD = Finished(
    (UPLOAD,),
    {"a": (PENDING, PROCESSING, COMPLETED)},
    {"a": COMPLETED},
    OBJECTS,
    Sightings(accepted={"a": [1]}),
)
NO_ANSWER = replace(UPLOAD, job_id=None, answered_at=None, status=None)
DELETE = Request(Kind.DELETE, 3.5, "a", None, 5, 200)
RETRY = Request(Kind.RETRY, 3.5, "a", None, 3.6, 200)
PENDING_AGAIN = replace(PENDING, attempt=1, asked_at=4, seen_at=4.1)
DELETED = replace(GOOD, requests=(UPLOAD, DELETE), states={"a": (*GOOD.states["a"], TOMBSTONE)}, records={}, objects={})


def through(*states: State, **changes: Any) -> Finished:
    """A history in which the job passed through these states and stayed in the last one."""
    return replace(GOOD, states={"a": states}, records={"a": states[-1]}, **changes)


def failed_and_retried(retry: Request) -> Finished:
    """A history in which the job was FAILED, retried and then COMPLETED."""
    done = replace(COMPLETED, attempt=2, asked_at=6, seen_at=6.1)
    return through(FAILED, PENDING_AGAIN, done, requests=(UPLOAD, retry), sightings=Sightings(accepted={"a": [2]}))


@pytest.mark.parametrize(
    "good",
    [
        GOOD,
        through(COMPLETED),
        through(PENDING, COMPLETED),
        through(
            PENDING, replace(PROCESSING, attempt=1), PENDING_AGAIN, replace(COMPLETED, attempt=3), sightings=Sightings()
        ),
        replace(GOOD, requests=(NO_ANSWER,)),
        replace(GOOD, requests=(NO_ANSWER,), states={}, records={}, objects={}),
        replace(GOOD, requests=(replace(UPLOAD, job_id=None, status=503),), states={}, records={}, objects={}),
        replace(GOOD, sightings=Sightings()),
        DELETED,
        replace(DELETED, requests=(UPLOAD, replace(DELETE, answered_at=None, status=None))),
        replace(DELETED, requests=(UPLOAD, replace(DELETE, status=503))),
        failed_and_retried(RETRY),
        failed_and_retried(replace(RETRY, answered_at=None, status=None)),
    ],
)
def test_a_good_history_passes(good: Finished) -> None:
    assert violations(good) == []


def test_a_result_without_a_recorded_size_may_have_any_size() -> None:
    assert violations(through(PROCESSING, replace(COMPLETED, sizes=dict.fromkeys((OUTPUT, SMALLER))))) == []


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (replace(GOOD, records={}), "job a was accepted and has no record"),
        (replace(DELETED, requests=(UPLOAD, replace(DELETE, status=404))), "job a was accepted and has no record"),
        (through(PENDING, sightings=Sightings()), "job a is still PENDING"),
        (through(TOMBSTONE, requests=(NO_ANSWER, DELETE), sightings=Sightings()), "job a is still DELETING"),
        (replace(GOOD, requests=(replace(UPLOAD, job_id=None, status=503),)), "its upload was refused"),
        (
            replace(GOOD, states=GOOD.states, records={**GOOD.records, "b": replace(COMPLETED, job_id="b")}),
            "2 jobs were made of one upload",
        ),
        (replace(DELETED, records={"a": COMPLETED}, objects=OBJECTS), "job a was deleted and is COMPLETED"),
        (replace(DELETED, objects={OUTPUT: SeenObject(10, True)}), f"job a was deleted and {OUTPUT} is still there"),
        (through(PENDING, COMPLETED, PENDING_AGAIN, COMPLETED), "from COMPLETED to PENDING"),
        (through(FAILED, COMPLETED), "from FAILED to COMPLETED; clients asked for []"),
        (failed_and_retried(replace(RETRY, status=409)), "from FAILED to PENDING"),
        (failed_and_retried(replace(RETRY, invoked_at=4.5, answered_at=5)), "from FAILED to PENDING"),
        (failed_and_retried(replace(RETRY, invoked_at=1, answered_at=2)), "from FAILED to PENDING"),
        (
            through(PROCESSING, TOMBSTONE, PENDING_AGAIN, COMPLETED, requests=(UPLOAD, DELETE)),
            "from DELETING to PENDING",
        ),
        (replace(GOOD, states={"a": (PENDING, TOMBSTONE, TOMBSTONE)}), "from PENDING to DELETING"),
        (through(replace(PROCESSING, attempt=2), COMPLETED), "from attempt 2 back to 1"),
        (through(PENDING, replace(COMPLETED, attempt=0), sightings=Sightings()), "was worked on in no attempt"),
        (through(replace(COMPLETED, processed_at=datetime.now(UTC)), COMPLETED), "job a has had 2 results"),
        (replace(GOOD, sightings=Sightings(accepted={"a": [1, 2]})), "the results of attempts [1, 2] were accepted"),
        (
            through(PENDING, replace(COMPLETED, attempt=2)),
            "job a is COMPLETED in attempt 2, but accepted [1]",
        ),
        (through(replace(COMPLETED, output_key=None)), "is COMPLETED and has no output"),
        (replace(GOOD, objects={SOURCE: SeenObject(99, True), OUTPUT: SeenObject(10, True)}), f"{SMALLER} is missing"),
        (replace(GOOD, objects={**OBJECTS, OUTPUT: SeenObject(10, False)}), f"{OUTPUT} does not show its source"),
        (replace(GOOD, objects={**OBJECTS, SMALLER: SeenObject(9, True)}), f"{SMALLER} has 9 bytes instead of 5"),
        (
            replace(GOOD, objects={**OBJECTS, SOURCE: SeenObject(99, False)}),
            "has a source that differs from the upload",
        ),
        (
            replace(GOOD, objects={key: OBJECTS[key] for key in (OUTPUT, SMALLER)}),
            f"job a lost its source {SOURCE}",
        ),
        (through(FAILED, sightings=Sightings()), "job a is FAILED (attempts_exhausted)"),
    ],
)
def test_each_violation_is_found(bad: Finished, said: str) -> None:
    found = violations(bad)

    assert any(said in sentence for sentence in found), found


def test_a_broken_image_may_fail() -> None:
    record = replace(FAILED, source_sha256=BROKEN.sha256)

    assert violations(through(record, requests=(replace(UPLOAD, picture=BROKEN),), sightings=Sightings())) == []


def test_a_message_may_be_held_for_an_ended_job_only() -> None:
    processing = "task_queue:processing:gone"
    records = {"a": COMPLETED, "b": replace(PROCESSING, job_id="b")}

    assert (
        list(stranded([Message(processing, "a", waits=False), Message(processing, None, waits=False)], records)) == []
    )
    assert "is still waiting in task_queue" in next(stranded([Message("task_queue", "a", waits=True)], records))
    assert "which is PROCESSING" in next(stranded([Message(processing, "b", waits=False)], records))


def test_an_orphan_is_found() -> None:
    failed = replace(FAILED, source_key="raw/1700000000001-0123456789ab.jpg")
    others = "optimized/1700000000002-0123456789ab-optimized.webp"
    kept = "optimized/1700000000001-0123456789ab-optimized-64.webp"

    found = list(orphans([SOURCE, OUTPUT, SMALLER, kept, others], {"a": COMPLETED, "b": failed}))

    assert found == [f"{others} belongs to no job"]


def test_a_job_object_that_the_sweep_deleted_is_found() -> None:
    assert list(swept_away(OBJECTS, {"a": COMPLETED})) == []
    assert list(swept_away([SOURCE, OUTPUT], {"a": COMPLETED})) == [
        f"{SMALLER} of job a, which is COMPLETED, was deleted by the sweep"
    ]


@pytest.mark.parametrize("number", [0, 1, 4711, 262_143])
def test_an_image_is_recognised_by_its_colours_after_conversion(number: int) -> None:
    picture, other = MarkedPicture(number), MarkedPicture(number ^ 0b1000)

    assert picture.is_shown_by(as_webp(picture))
    assert not picture.is_shown_by(as_webp(other))
    with pytest.raises(OSError, match="cannot identify"):
        picture.is_shown_by(b"not an image")


def as_webp(picture: MarkedPicture) -> bytes:
    """The image as a worker might encode it, at a smaller size."""
    out = io.BytesIO()
    Image.open(io.BytesIO(picture.data)).resize((64, 43)).save(out, "WEBP", quality=60)
    return out.getvalue()
