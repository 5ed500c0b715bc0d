"""The two kinds of backend that a worker may talk to: the guide's and this service's. No network is used."""

import io
import json
from collections.abc import Callable
from typing import Any

import httpx2
from bson import ObjectId
from imagejobs.api.app import Adapters, create_app
from imagejobs.client.api_client import ApiClient
from imagejobs.events.memory_repository import MemoryEventRepository
from imagejobs.jobs.model import EntityType
from imagejobs.settings.settings import Settings
from starlette.testclient import TestClient
from worlds.job_world import LEASE, AwayStorage, World, new_image

ADDRESS = "http://127.0.0.1:3000"
SOURCE_KEY = "raw/1234567890-abc123def456.jpg"
OUTPUT_KEY = "optimized/1234567890-abc123def456-optimized.webp"
TIME = "2024-01-01T00:00:00.000Z"


class Cut(httpx2.BaseTransport):
    """A transport that refuses each request for which `is_cut` is true; `patches` are the PATCH bodies it passed on."""

    def __init__(self, transport: httpx2.BaseTransport) -> None:
        self._transport = transport
        self.is_cut: Callable[[httpx2.Request], bool] = lambda _: False
        self.patches: list[dict[str, Any]] = []

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        if self.is_cut(request):
            raise httpx2.ConnectError("refused", request=request)
        if request.method == "PATCH":
            self.patches.append(json.loads(request.read()))
        return self._transport.handle_request(request)

    def client(self) -> ApiClient:
        """A worker's client, which does not sleep between its tries."""
        return ApiClient(ADDRESS, transport=self, max_tries=2, sleep=lambda _: None)


class GuideBackend:
    """A backend as the guide describes it: it stores what a worker sends, without attempts or leases."""

    def __init__(self) -> None:
        self.storage = AwayStorage()
        self.documents: dict[str, dict[str, Any]] = {}
        self.line = Cut(httpx2.MockTransport(self._answer))

    def add_job(self, body: bytes) -> str:
        """Store `body` as a source image and create a PENDING job for it; the job's id."""
        self.storage.put(SOURCE_KEY, io.BytesIO(body), len(body), "image/jpeg")
        job_id = str(ObjectId())
        self.documents[job_id] = {
            "_id": job_id,
            "entityType": "event",
            "entityId": "655501d2f12a3d0f3c5a1001",
            "sourceImageURL": self.storage.public_url(SOURCE_KEY),
            "sourceImageKey": SOURCE_KEY,
            "status": "PENDING",
            "errorMsg": "",
            "originalFilename": "photo.jpg",
            "mimetype": "image/jpeg",
            "fileSize": len(body),
            "createdAt": TIME,
            "updatedAt": TIME,
        }
        return job_id

    def shown(self, job_id: str) -> dict[str, Any]:
        """The job as the backend returns it to clients."""
        return self.documents[job_id]

    def delete(self, job_id: str) -> None:
        """Delete the job's record."""
        del self.documents[job_id]

    def _answer(self, request: httpx2.Request) -> httpx2.Response:
        job_id = request.url.path.split("/")[3]
        document = self.documents.get(job_id)
        if document is None:
            return httpx2.Response(404, json={"success": False, "message": "Image job not found"})
        if request.method == "PATCH":
            said = json.loads(request.read())
            known = ("status", "outputImageURL", "outputImageKey", "errorMsg")
            document |= {name: said[name] for name in known if name in said}
            if said["status"] in {"COMPLETED", "FAILED"}:
                document["processedAt"] = TIME
        return httpx2.Response(200, json={"success": True, "data": document})


class FencingBackend:
    """This service's own API over adapters in memory."""

    def __init__(self) -> None:
        self.world = World()
        self.storage = self.world.storage
        settings = Settings(_env_file=None, storage="filesystem", lease_seconds=LEASE.total_seconds())
        adapters = Adapters(self.world.repository, MemoryEventRepository(), self.storage, self.world.queue)
        self.line = Cut(TestClient(create_app(settings, adapters))._transport)

    def add_job(self, body: bytes) -> str:
        """Store `body` as a source image and create a PENDING job for it; the job's id."""
        return self.world.jobs.create(EntityType.EVENT, "event-1", [new_image(body)])[0].id

    def shown(self, job_id: str) -> dict[str, Any]:
        """The job as the backend returns it to clients."""
        data: dict[str, Any] = self.line.client().call("getImageJob", path={"id": job_id}).data
        return data

    def delete(self, job_id: str) -> None:
        """Delete the job and its images."""
        self.world.jobs.delete(job_id)


Backend = GuideBackend | FencingBackend
