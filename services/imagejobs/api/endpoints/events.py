"""The endpoints of events."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from imagejobs.api.binding.call import Call, Form, Reply
from imagejobs.api.binding.endpoint import Endpoint, Uses
from imagejobs.api.endpoints.addresses import Addresses
from imagejobs.api.endpoints.json_forms import event_to_json, waiting_note
from imagejobs.api.endpoints.uploads import Uploads
from imagejobs.events.model import EventFields, EventWithJobs
from imagejobs.events.service import Events
from imagejobs.jobs.new_image import NewImage


@dataclass(frozen=True, slots=True)
class EventEndpoints:
    """Each public method but `by_operation` answers one operation of the contract."""

    events: Events
    uploads: Uploads
    addresses: Addresses

    def by_operation(self) -> Mapping[str, Endpoint]:
        """operationId to endpoint."""
        return {
            "createEvent": Endpoint(self.create, _storage_if_images),
            "listEvents": Endpoint(self.page, Uses.RECORDS),
            "getEvent": Endpoint(self.get, Uses.RECORDS),
            "updateEvent": Endpoint(self.update, _storage_if_images),
            "deleteEvent": Endpoint(self.delete, Uses.STORAGE),
        }

    def create(self, call: Call) -> Reply:
        shown = self.events.create(_fields(call.form), self._images(call.form), call.params["Idempotency-Key"])
        headers = {"Location": f"/api/events/{shown.event.id}"}
        return Reply(self._shown(shown), 201, headers, message=waiting_note(shown.accepted))

    def page(self, call: Call) -> Reply:
        events, cursor = self.events.page(call.params["cursor"], call.params["limit"])
        return Reply([self._shown(each) for each in events], cursor=cursor)

    def get(self, call: Call) -> Reply:
        return Reply(self._shown(self.events.get(call.params["id"])))

    def update(self, call: Call) -> Reply:
        event_id, key = call.params["id"], call.params["Idempotency-Key"]
        shown = self.events.change(event_id, _fields(call.form), self._images(call.form), key)
        return Reply(self._shown(shown), message=waiting_note(shown.accepted))

    def delete(self, call: Call) -> Reply:
        self.events.delete(call.params["id"])
        return Reply({"_id": call.params["id"]})

    def _shown(self, event: EventWithJobs) -> dict[str, Any]:
        return event_to_json(event, self.addresses)

    def _images(self, form: Form) -> list[NewImage]:
        """The images of the form. All are checked before the first is stored."""
        return [self.uploads.accept(received, "images") for received in form.files.get("images", ())]


def _storage_if_images(call: Call) -> Uses:
    return Uses.STORAGE if call.form.files else Uses.RECORDS


def _fields(form: Form) -> EventFields:
    texts = form.texts
    return EventFields(
        name=texts.get("name"),
        community=texts.get("community") or None,
        date=_moment(texts["date"]) if texts.get("date") else None,
        tutor_type=texts.get("tutor[type]") or None,
        tutor_name=texts.get("tutor[name]") or None,
    )


def _moment(text: str) -> datetime:
    """The time in UTC. A day means its midnight in UTC, as mongoose casts it."""
    moment = datetime.fromisoformat(text) if len(text) > len("2024-01-01") else date.fromisoformat(text)
    if not isinstance(moment, datetime):
        return datetime(moment.year, moment.month, moment.day, tzinfo=UTC)
    return moment.astimezone(UTC)
