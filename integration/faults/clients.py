"""Clients of the API whose every request, with its answer or without one, is written down."""

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
    """Any number of threads may use one."""

    http: httpx2.Client
    history: History

    def upload(self, picture: MarkedPicture) -> str | None:
        """POST it once; the id of the job, if it was accepted."""
        fields = {"entityType": "other", "entityId": "faults"}
        file = (f"{picture.number}.jpg", picture.data)
        request = Request(Kind.UPLOAD, time.monotonic(), picture=picture)
        answer = self._ask("POST", "/api/image-jobs", data=fields, files={"image": file})
        accepted = answer is not None and answer.status_code == 201
        job_id = str(answer.json()["data"]["_id"]) if answer is not None and accepted else None
        self._keep(request, answer, job_id)
        return job_id

    def upload_all(self, pictures: Sequence[MarkedPicture], clients: int = 4) -> list[str]:
        """POST each once, some at a time; the ids of the jobs that were accepted."""
        with ThreadPoolExecutor(clients) as threads:
            return [job_id for job_id in threads.map(self.upload, pictures) if job_id]

    def retry(self, job_id: str) -> int | None:
        """POST its retry; the answer's status."""
        return self._change(Kind.RETRY, "POST", f"/api/image-jobs/{job_id}/retry", job_id)

    def delete(self, job_id: str) -> int | None:
        """DELETE it; the answer's status."""
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
