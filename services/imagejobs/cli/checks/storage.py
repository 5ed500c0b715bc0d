"""The checks of the storage: with its credentials, and by URL as others read its objects."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta

import httpx2

from imagejobs.cli.checks import Concern, Deployment
from imagejobs.cli.checks.objects import DATA, doing, new_key, put
from imagejobs.cli.checks.rights import try_rights
from imagejobs.errors import ConfigurationError
from imagejobs.settings.proxies import proxy_to, through
from imagejobs.storage.object_storage import AccessRefused, ObjectStorage

URL_SECONDS = 10.0
RAW = "raw/"
SIGNED_REMEDY = "Check R2_ENDPOINT, R2_REGION and the right to read raw/"
PUBLIC_REMEDY = "Make raw/ public, or set SOURCE_URL=presigned"


def check_storage(deployment: Deployment) -> str:
    """Try what the API, the worker and the reconciler do: write, read, list and delete."""
    from imagejobs.wiring.storage import open_storage

    settings = deployment.settings
    prefixes = (RAW, settings.output_prefix)
    try_rights(open_storage(settings), prefixes)
    return f"{settings.storage}: wrote, read, listed and deleted under {' and '.join(prefixes)}"


def check_outputs(deployment: Deployment) -> str:
    """Read an output under R2_PUBLIC_URL, as browsers do."""
    from imagejobs.wiring.storage import open_storage

    settings = deployment.settings
    storage = open_storage(settings)
    with _written(storage, settings.output_prefix) as key:
        if problem := _problem_of(deployment, storage.public_url(key)):
            raise ConfigurationError(
                f"outputs cannot be read by the public: {problem}; make {settings.output_prefix} public, "
                "and check R2_PUBLIC_URL"
            )
        return f"everybody can read {storage.public_url(settings.output_prefix)}"


def check_sources(deployment: Deployment) -> str:
    """Read a source at the URL that the API gives to the workers of other programs."""
    from imagejobs.wiring.storage import open_storage

    settings = deployment.settings
    storage = open_storage(settings)
    with _written(storage, RAW) as key:
        is_signed = settings.source_url == "presigned"
        url = storage.presigned_url(key, timedelta(minutes=5)) if is_signed else storage.public_url(key)
        if problem := _problem_of(deployment, url):
            remedy = SIGNED_REMEDY if is_signed else PUBLIC_REMEDY
            raise Concern(
                f"sources cannot be read at their {settings.source_url} address: {problem}; workers that download by "
                f"URL fail, those of image-jobs do not. {remedy}"
            )
    return f"workers can read sources at their {settings.source_url} address"


@contextmanager
def _written(storage: ObjectStorage, prefix: str) -> Iterator[str]:
    """The key of a small object, which is deleted at the end.

    Raises Concern if the object cannot be written: check_storage reports that as its own finding.
    """
    key = new_key(prefix)
    try:
        with doing("write", key):
            put(storage, key)
    except (ConfigurationError, AccessRefused) as error:
        raise Concern(f"not tried: {error}") from error
    try:
        yield key
    finally:
        with suppress(AccessRefused), doing("delete", key):
            storage.delete(key)


def _problem_of(deployment: Deployment, url: str) -> str | None:
    """Why GET of this URL does not return the object; None if it does.

    Raises Concern if this machine does not reach the URL.
    """
    shown = url.partition("?")[0]
    proxy = proxy_to(url, deployment.settings.r2_proxy if deployment.settings.storage == "s3" else "")
    try:
        with httpx2.Client(transport=httpx2.HTTPTransport(proxy=proxy or None), timeout=URL_SECONDS) as client:
            answer = client.get(url, follow_redirects=True)
    except httpx2.HTTPError as error:
        raise Concern(
            f"not tried: this machine does not reach {shown}{through(proxy)} ({error}); the machines that read it must"
        ) from error
    if answer.status_code != httpx2.codes.OK:
        return f"GET {shown} answered {answer.status_code}{through(proxy)}"
    return None if answer.content == DATA else f"GET {shown} answered other bytes than were written"
