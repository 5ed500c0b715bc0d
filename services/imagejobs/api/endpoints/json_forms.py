"""Jobs and events as JSON in the guide's form: camelCase names, ISO 8601 times, no unset fields."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from imagejobs.api.endpoints.addresses import Addresses
from imagejobs.events.model import EventWithJobs
from imagejobs.jobs.model import FIELD_NAMES, ImageJob
from imagejobs.times import isoformat

_INTERNAL = frozenset({"revision", "idempotency_key"})
_SHOWN = {name: shown for name, shown in FIELD_NAMES.items() if name not in _INTERNAL}


def job_to_json(job: ImageJob, addresses: Addresses) -> dict[str, Any]:
    """The contract's ImageJob, with addresses that are valid now."""
    renewed = addresses.renewed(job)
    values = {shown: value for name, shown in _SHOWN.items() if (value := getattr(renewed, name)) is not None}
    return {name: isoformat(value) if isinstance(value, datetime) else value for name, value in values.items()}


def waiting_note(jobs: Iterable[ImageJob]) -> str | None:
    """A message for a client whose jobs were accepted while Redis was unavailable; None if every job is queued."""
    waiting = sum(job.waits_for_queue for job in jobs)
    return (
        f"Redis is unavailable: {waiting} image(s) accepted; they will be queued as soon as it is back."
        if waiting
        else None
    )


def event_to_json(shown: EventWithJobs, addresses: Addresses) -> dict[str, Any]:
    """The contract's Event, with the images of its COMPLETED jobs at addresses that are valid now."""
    event, fields = shown.event, shown.event.fields
    tutor = _without_none({"type": fields.tutor_type, "name": fields.tutor_name})
    optional = {
        "community": fields.community,
        "date": isoformat(fields.date) if fields.date else None,
        "tutor": tutor or None,
    }
    return {
        "_id": event.id,
        "name": fields.name or "",
        **_without_none(optional),
        "images": [_image(addresses.renewed(job)) for job in shown.shown],
        "imageJobIds": [job.id for job in shown.jobs],
        "createdAt": isoformat(event.created_at),
        "updatedAt": isoformat(event.updated_at),
    }


def _image(job: ImageJob) -> dict[str, Any]:
    output = (job.receipt or {}).get("output", {})
    size = {name: output[name] for name in ("width", "height", "bytes") if name in output}
    shown = {
        "srcset": ", ".join(f"{each['url']} {each['width']}w" for each in job.renditions or ()) or None,
        "renditions": job.renditions,
        "thumbHash": job.thumb_hash,
        "dominantColor": job.dominant_color,
    }
    return {"id": job.id, "url": job.output_image_url, "status": job.status, **size, **_without_none(shown)}


def _without_none(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
