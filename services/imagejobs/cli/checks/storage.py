"""The bucket, or the directory of the filesystem storage; and its objects as others read them, by URL."""

import io
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import httpx2

from imagejobs.cli.checks import Concern, Deployment
from imagejobs.errors import ConfigurationError
from imagejobs.settings.proxies import proxy_to, through

if TYPE_CHECKING:
    from imagejobs.storage.object_storage import ObjectStorage

DATA = b"image-jobs doctor"
URL_SECONDS = 10.0
RAW = "raw/"


def check_storage(deployment: Deployment) -> str:
    """Write, read, list and delete a small object, as the API, the worker and the reconciler will."""
    from imagejobs.wiring.storage import open_storage

    settings = deployment.settings
    storage = open_storage(settings)
    prefixes = (RAW, settings.output_prefix)
    for prefix in prefixes:
        with _written(storage, prefix) as key:
            with _doing("read", key):
                read = storage.get(key, len(DATA))
            if read != DATA:
                raise ConfigurationError(f"storage answered other bytes than were written to {key}")
            with _doing("list", key):
                listed = [each.key for each in storage.list(key)]
            if listed != [key]:
                raise ConfigurationError(f"storage does not list {key}, which was just written")
    return f"{settings.storage}: wrote, read, listed and deleted under {' and '.join(prefixes)}"


def check_outputs(deployment: Deployment) -> str:
    """Read an output as browsers do, under R2_PUBLIC_URL."""
    from imagejobs.wiring.storage import open_storage

    settings = deployment.settings
    storage = open_storage(settings)
    with _written_to_be_read(storage, settings.output_prefix) as key:
        if problem := _problem_of(deployment, storage.public_url(key)):
            raise ConfigurationError(
                f"outputs cannot be read by the public: {problem}; make {settings.output_prefix} public, "
                "and check R2_PUBLIC_URL"
            )
        return f"everybody can read {storage.public_url(settings.output_prefix)}"


def check_sources(deployment: Deployment) -> str:
    """Read a source under the URL that workers of other programs get."""
    from imagejobs.wiring.storage import open_storage

    settings = deployment.settings
    storage = open_storage(settings)
    with _written_to_be_read(storage, RAW) as key:
        is_signed = settings.source_url == "presigned"
        url = storage.presigned_url(key, timedelta(minutes=5)) if is_signed else storage.public_url(key)
        if problem := _problem_of(deployment, url):
            remedy = "check R2_ENDPOINT and R2_REGION" if is_signed else "make raw/ public, or set SOURCE_URL=presigned"
            raise Concern(
                f"sources cannot be read at their {settings.source_url} address: {problem}; workers that download by "
                f"URL fail, ours do not. {remedy[0].upper()}{remedy[1:]}"
            )
    return f"workers can read sources at their {settings.source_url} address"


@contextmanager
def _written(storage: "ObjectStorage", prefix: str) -> Iterator[str]:
    """The key of a small object, which is deleted at the end."""
    with _deleted_afterwards(storage, _write(storage, prefix)) as key:
        yield key


@contextmanager
def _written_to_be_read(storage: "ObjectStorage", prefix: str) -> Iterator[str]:
    """The same for those who read by URL. An object that cannot be written is the finding of check_storage."""
    try:
        written = _write(storage, prefix)
    except ConfigurationError as error:
        raise Concern(f"not tried: {error}") from error
    with _deleted_afterwards(storage, written) as key:
        yield key


@contextmanager
def _deleted_afterwards(storage: "ObjectStorage", key: str) -> Iterator[str]:
    try:
        yield key
    finally:
        with _doing("delete", key):
            storage.delete(key)


def _write(storage: "ObjectStorage", prefix: str) -> str:
    key = f"{prefix}doctor-{secrets.token_hex(6)}.txt"
    with _doing("write", key):
        storage.put(key, io.BytesIO(DATA), len(DATA), "text/plain")
    return key


@contextmanager
def _doing(what: str, key: str) -> Iterator[None]:
    from imagejobs.storage.object_storage import ObjectNotFound, StorageUnavailable

    try:
        yield
    except (StorageUnavailable, ObjectNotFound) as error:
        raise ConfigurationError(f"cannot {what} {key}: {error}") from error


def _problem_of(deployment: Deployment, url: str) -> str | None:
    """Why GET of this URL does not give the object. Raises Concern if it cannot be tried from this machine."""
    shown = url.partition("?")[0]
    proxy = proxy_to(url, deployment.settings.r2_proxy if deployment.settings.storage == "s3" else "")
    try:
        with httpx2.Client(transport=httpx2.HTTPTransport(proxy=proxy or None), timeout=URL_SECONDS) as client:
            answer = client.get(url, follow_redirects=True)
    except httpx2.HTTPError as error:
        raise Concern(
            f"not tried: {shown} is not reached from here{through(proxy)} ({error}); it must be from where it is read"
        ) from error
    if answer.status_code != httpx2.codes.OK:
        return f"GET {shown} answered {answer.status_code}{through(proxy)}"
    return None if answer.content == DATA else f"GET {shown} answered other bytes than were written"
