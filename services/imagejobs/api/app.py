"""Builds the API: services on adapters, endpoints on services, and routes that bind endpoints to the contract."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from imagejobs.api.binding.authentication import Authentication
from imagejobs.api.binding.errors import as_api_error, error_response
from imagejobs.api.binding.lanes import Lanes
from imagejobs.api.binding.request_body import BodyLimits
from imagejobs.api.binding.routes import Binding, bind
from imagejobs.api.endpoints.addresses import Addresses
from imagejobs.api.endpoints.docs_page import docs_assets
from imagejobs.api.endpoints.events import EventEndpoints
from imagejobs.api.endpoints.image_jobs import ImageJobEndpoints
from imagejobs.api.endpoints.media import Media
from imagejobs.api.endpoints.metrics import Metrics
from imagejobs.api.endpoints.operations import OperationsEndpoints
from imagejobs.api.endpoints.readiness import Readiness
from imagejobs.api.endpoints.status_reports import StatusReports
from imagejobs.api.endpoints.uploads import Uploads
from imagejobs.api.limits import Patience
from imagejobs.api.middleware.origin import OwnOriginOnly
from imagejobs.api.undo_refused import background_undo
from imagejobs.contract.openapi import Contract, load_contract
from imagejobs.conversion.formats.format import Format
from imagejobs.conversion.formats.registry import FORMATS
from imagejobs.errors import ConfigurationError
from imagejobs.events.repository import EventRepository
from imagejobs.jobs.records.port import ImageJobRepository
from imagejobs.jobs.stores import Stores
from imagejobs.settings.addresses import parts_of
from imagejobs.settings.settings import Settings
from imagejobs.storage.filesystem import FilesystemStorage
from imagejobs.storage.object_storage import ObjectStorage
from imagejobs.task_queue.task_queue import TaskQueue
from imagejobs.wiring.conversion import conversion_options
from imagejobs.wiring.events import event_service
from imagejobs.wiring.jobs import image_jobs, job_attempts

SIGNED_FOR = timedelta(hours=1)
"""How long a presigned address of a source is valid: longer than any worker takes from its claim to the download."""


@dataclass(frozen=True, slots=True)
class Adapters:
    """The services that the API uses, behind their ports."""

    jobs: ImageJobRepository
    events: EventRepository
    storage: ObjectStorage
    queue: TaskQueue

    def pings(self) -> Mapping[str, Any]:
        """For each backing service, a function that raises BackingServiceUnavailable if it does not answer."""
        return {"mongodb": self.jobs.ping, "redis": self.queue.ping, "storage": self.storage.ping}


def create_app(
    settings: Settings,
    adapters: Adapters,
    contract: Contract | None = None,
    formats: Collection[Format] = FORMATS,
) -> Starlette:
    """The ASGI application, which accepts images of these formats.

    Raises ConfigurationError if the API would be open to a network, or if its endpoints do not match the contract.
    """
    contract = contract or load_contract()
    authentication = Authentication.of(settings)
    _refuse_open_network(settings, authentication)
    stores = Stores(adapters.jobs, adapters.storage, adapters.queue)
    jobs = image_jobs(stores, settings)
    events = event_service(adapters.events, jobs, settings)
    metrics = Metrics(stores)
    readiness = Readiness(adapters.pings(), frozenset({"redis"} if settings.accept_without_queue else ()))
    uploads = Uploads(settings.max_upload_bytes, conversion_options(settings), formats)
    addresses = Addresses(adapters.storage, SIGNED_FOR if settings.source_url == "presigned" else None)
    endpoints = {
        **ImageJobEndpoints(jobs, events, stores, uploads, addresses).by_operation(),
        **StatusReports(job_attempts(stores, settings), addresses, settings.check_legacy_output).by_operation(),
        **EventEndpoints(events, uploads, addresses).by_operation(),
        **OperationsEndpoints(contract, readiness, metrics).by_operation(),
    }
    limits = BodyLimits(
        settings.max_upload_bytes, settings.max_request_bytes, settings.max_images, Patience.of(settings)
    )
    binding = Binding(authentication, limits, settings.validate_responses, metrics.observe, Lanes())
    routes: list[BaseRoute] = [*bind(contract, endpoints, binding), *_files(settings, adapters.storage)]
    own = frozenset({settings.api_host, parts_of(settings.api_base_url).hostname or ""})
    guard = [Middleware(OwnOriginOnly, hosts=own, on_network=not settings.is_loopback)]
    app = Starlette(
        routes=routes,
        middleware=guard if authentication.is_open() else [],
        exception_handlers={HTTPException: _error, Exception: _error},
        lifespan=lambda _: background_undo(jobs.refused),
    )
    app.router.redirect_slashes = False  # a redirect would reveal the address behind a proxy
    return app


def _files(settings: Settings, storage: ObjectStorage) -> list[BaseRoute]:
    routes: list[BaseRoute] = [Mount("/docs/assets", StaticFiles(directory=docs_assets()))]
    if isinstance(storage, FilesystemStorage):
        media = Media(storage, settings.output_prefix, private_raw=settings.source_url == "presigned")
        routes.append(Route("/media/{key:path}", media.serve))
    return routes


def _refuse_open_network(settings: Settings, authentication: Authentication) -> None:
    if authentication.is_open() and not settings.is_loopback and not settings.allow_unauthenticated:
        raise ConfigurationError(
            f"API_HOST={settings.api_host} is reachable from the network, but API_TOKENS or WORKER_TOKENS is not set: "
            "set both, or listen on 127.0.0.1, or set ALLOW_UNAUTHENTICATED=true if something else protects the API"
        )


async def _error(request: Request, error: Exception) -> Response:  # noqa: ARG001 - Starlette's signature
    return error_response(as_api_error(error))
