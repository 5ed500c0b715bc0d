"""What `imagejobs doctor` tries. Each check says what it found, or raises what a person can do something about."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from imagejobs.client.api_client import ApiClient
from imagejobs.client.errors import ApiRefused, UnexpectedAnswer
from imagejobs.errors import BackingServiceUnavailable, ConfigurationError
from imagejobs.settings import ApiAddress, Settings

NOBODY = "0" * 24
"""No job has this id."""
TRIALS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "API_TOKENS": ("listImageJobs", {"query": {"limit": 1}}),
    "WORKER_TOKENS": ("updateImageJobStatus", {"path": {"id": NOBODY}, "json": {"status": "PROCESSING"}}),
}
"""Calls for which the API wants a token of each kind, and nothing else will do; they change nothing."""


def engine() -> str:
    """What the image library reads; asked in a child process, as the worker does."""
    from imagejobs.conversion.errors import ConversionError
    from imagejobs.conversion.formats import FORMATS
    from imagejobs.conversion.isolated.pool import Converter
    from imagejobs.conversion.isolated.result import CONFINEMENT

    try:
        with Converter() as converter:
            found = converter.abilities()
    except ConversionError as error:
        raise ConfigurationError(str(error)) from error
    missing = [each.title for each in FORMATS if each.name not in found.reads]
    parts = [f"{found.encoder} reads {', '.join(each.title for each in FORMATS if each.name in found.reads)}"]
    parts += [f"not {', '.join(missing)} (the library has no decoder for it)"] if missing else []
    lacking = [what for what in CONFINEMENT if what not in found.without]
    parts += [f"without access to {', '.join(found.without)}"] if found.without else []
    parts += [f"NOT kept from {', '.join(lacking)} (needs Linux 5.13 and libseccomp)"] if lacking else []
    return "; ".join(parts)


def redis(settings: Settings) -> str:
    """How many messages wait where jobs are put."""
    from imagejobs.broker import waiting_key
    from imagejobs.enqueueing import open_task_queue
    from imagejobs.task_queue.message import PROCESS_IMAGE
    from imagejobs.tasks import TASKS

    place = settings.task_queue if settings.enqueue_to == "task_queue" else waiting_key(TASKS[PROCESS_IMAGE].queue)
    return f"answers; {open_task_queue(settings).length()} message(s) wait on {place!r}"


def mongodb(settings: Settings) -> str:
    """How many jobs there are."""
    from imagejobs.database import Database
    from imagejobs.jobs.mongo_repository import MongoImageJobRepository

    database = Database(settings.mongodb_uri)
    try:
        counts = MongoImageJobRepository(database).count_by_status()
    finally:
        database.close()
    return "answers; " + (", ".join(f"{count} {status}" for status, count in sorted(counts.items())) or "no jobs yet")


def storage(settings: Settings) -> str:
    """Write, read and delete a small object, as the API and the worker will."""
    import io
    import secrets

    from imagejobs.storage.opening import open_storage

    storage = open_storage(settings)
    written = []
    for prefix in ("raw/", settings.output_prefix):
        key, data = f"{prefix}doctor-{secrets.token_hex(6)}.txt", b"image-jobs doctor"
        storage.put(key, io.BytesIO(data), len(data), "text/plain")
        try:
            if storage.get(key, len(data)) != data:
                raise ConfigurationError(f"storage answered other bytes than were written to {key}")
        finally:
            storage.delete(key)
        written.append(prefix)
    return f"{settings.storage}: wrote, read and deleted under {' and '.join(written)}"


def api(address: ApiAddress) -> str:
    """Whether it is there, and finds what it needs."""
    try:
        ApiClient(address.api_base_url, max_tries=1).call("getReadiness")
    except (ApiRefused, UnexpectedAnswer) as error:
        raise ConfigurationError(
            f"{address.api_base_url} does not answer as the API does ({error}); check API_URL"
        ) from error
    return f"{address.api_base_url} is ready"


def tokens(settings: Settings, address: ApiAddress) -> str:
    """Whether the API takes every token that is set, and wants none where none is set."""
    missing = [name for name in TRIALS if not getattr(address, name.lower())]
    if missing and not settings.is_loopback and not settings.allow_unauthenticated:
        raise ConfigurationError(
            f"{' and '.join(missing)} not set, and API_HOST={settings.api_host} is open to the network"
        )
    told = (
        f"{' and '.join(missing)} not set: open to this machine" if missing else "API_TOKENS and WORKER_TOKENS are set"
    )
    try:
        refused = [problem for name in TRIALS for problem in _refused(name, address)]
    except (BackingServiceUnavailable, UnexpectedAnswer) as error:
        return f"{told}; not tried: {error}"
    if refused:
        raise ConfigurationError("; ".join(refused))
    return f"{told}, as {address.api_base_url} has it"


def _refused(name: str, address: ApiAddress) -> list[str]:
    where = f"the API at {address.api_base_url}"
    values = [token.get_secret_value() for token in getattr(address, name.lower())]
    if not values and _status(name, address, None) == HTTPStatus.UNAUTHORIZED:
        return [f"{name} is not set, but {where} wants one"]
    refusals = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}
    return [
        f"number {number} of {name} is refused by {where}: set one of those that it has"
        for number, value in enumerate(values, 1)
        if _status(name, address, value) in refusals
    ]


def _status(name: str, address: ApiAddress, token: str | None) -> int:
    """What the API answers to the call of this kind with this token. Raises UnexpectedAnswer if it is no such API."""
    operation, sent = TRIALS[name]
    kind = "token" if name == "API_TOKENS" else "worker_token"
    client = ApiClient(address.api_base_url, max_tries=1, **{kind: token})  # type: ignore[arg-type]  # a text by either name
    try:
        client.call(operation, **sent)
    except ApiRefused as error:
        if not error.code:
            raise UnexpectedAnswer(str(error)) from error
        return error.status
    return HTTPStatus.OK
