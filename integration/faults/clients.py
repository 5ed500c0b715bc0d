"""API clients that record every request, with or without an answer."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import httpx2

from faults.history import History, Kind, Request
from faults.marked_pictures import MarkedPicture


@dataclass(frozen=True)
class Clients:
    """Records every request in a history. Safe to use from any number of threads."""

    http: httpx2.Client
    history: History

    def upload(self, picture: MarkedPicture) -> str | None:
        """Upload the image once. Return the job's id if the upload was accepted."""
        fields = {"entityType": "other", "entityId": "faults"}
        file = (f"{picture.number}.jpg", picture.data)
        request = Request(Kind.UPLOAD, time.monotonic(), picture=picture)
        answer = self._ask("POST", "/api/image-jobs", data=fields, files={"image": file})
        accepted = answer is not None and answer.status_code == 201
        job_id = str(answer.json()["data"]["_id"]) if answer is not None and accepted else None
        self._keep(request, answer, job_id)
        return job_id

    def upload_all(self, pictures: Sequence[MarkedPicture], clients: int = 4) -> list[str]:
        """Upload each image once, in parallel. Return the ids of the accepted jobs."""
        with ThreadPoolExecutor(clients) as threads:
            return [job_id for job_id in threads.map(self.upload, pictures) if job_id]

    def retry(self, job_id: str) -> int | None:
        """Retry a job and return the status code of the answer, or None without an answer."""
        return self._change(Kind.RETRY, "POST", f"/api/image-jobs/{job_id}/retry", job_id)

    def delete(self, job_id: str) -> int | None:
        """Delete a job and return the status code of the answer, or None without an answer."""
        return self._change(Kind.DELETE, "DELETE", f"/api/image-jobs/{job_id}", job_id)

    def _change(self, kind: Kind, method: str, path: str, job_id: str) -> int | None:
        request = Request(kind, time.monotonic(), job_id=job_id)
        answer = self._ask(method, path)
        self._keep(request, answer, job_id)
        return answer.status_code if answer is not None else None

    def _ask(self, method: str, path: str, **content: Any) -> httpx2.Response | None:
        try:
            return self.http.request(method, path, **content)
        except httpx2.TransportError:
            return None

    def _keep(self, request: Request, answer: httpx2.Response | None, job_id: str | None) -> None:
        self.history.add(
            Request(
                request.kind,
                request.invoked_at,
                job_id,
                request.picture,
                time.monotonic() if answer is not None else None,
                answer.status_code if answer is not None else None,
            )
        )
