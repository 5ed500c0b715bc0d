"""A storage that hangs delays the requests that use it, and no others."""

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from anyio.to_thread import current_default_thread_limiter
from imagejobs.api.binding import lanes
from imagejobs.api.binding.lanes import STORAGE_THREADS
from worlds.api_requests import created_job, patched
from worlds.memory_api import CLIENT_TOKENS, HOST, WORKER_TOKENS, MemoryApi, memory_api

CLIENTS = 60
"""More clients than there are threads."""


class HangingStorage:
    """Makes the storage's `head` block until `let_go` is set."""

    def __init__(self, api: MemoryApi, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked = threading.Semaphore(0)
        self.let_go = threading.Event()
        self._head = api.storage.head
        monkeypatch.setattr(api.storage, "head", self._hang)

    def _hang(self, key: str) -> object:
        self.asked.release()
        assert self.let_go.wait(30)
        return self._head(key)


@pytest.fixture
def api() -> MemoryApi:
    return memory_api()


@pytest.fixture
def hanging(api: MemoryApi, monkeypatch: pytest.MonkeyPatch) -> Iterator[HangingStorage]:
    hanging = HangingStorage(api, monkeypatch)
    yield hanging
    hanging.let_go.set()


def claimed_jobs(api: MemoryApi, count: int) -> list[dict[str, object]]:
    """COMPLETED reports of `count` jobs that are claimed, each with the job's id."""
    client, reports = api.client(), []
    for _ in range(count):
        job = created_job(client)
        patched(client, job["_id"], status="PROCESSING")
        key = job["sourceImageKey"].replace("raw/", "optimized/").rsplit(".", 1)[0] + "-optimized.webp"
        reports.append({"id": job["_id"], "status": "COMPLETED", "attempt": 1, "outputImageKey": key})
    return reports


async def told(client: httpx2.AsyncClient, report: dict[str, object]) -> httpx2.Response:
    said = {name: value for name, value in report.items() if name != "id"}
    return await client.patch(f"/api/image-jobs/{report['id']}/status", json=said)


async def asked_and_renewed(api: MemoryApi, hanging: HangingStorage) -> tuple[list[int], list[int]]:
    """The statuses of other requests while all reports hang, and the statuses of the reports afterwards."""
    legacy, *reports = claimed_jobs(api, CLIENTS + 1)
    del legacy["attempt"]
    headers = {"Authorization": f"Bearer {CLIENT_TOKENS[0]}", "X-Worker-Token": WORKER_TOKENS[0]}
    transport = httpx2.ASGITransport(api.app)
    async with httpx2.AsyncClient(transport=transport, base_url=f"http://{HOST}", headers=headers) as client:
        reporting = [asyncio.create_task(told(client, each)) for each in reports]
        for _ in range(STORAGE_THREADS):
            await asyncio.to_thread(hanging.asked.acquire, timeout=10)
        async with asyncio.timeout(10):
            renewed = await told(client, reports[-1] | {"status": "PROCESSING"})
            others = [renewed, await told(client, legacy), await client.get("/api/image-jobs")]
            others.append(await client.get("/healthz"))
        if lanes.LONGEST_WAIT < 1:
            await asyncio.sleep(lanes.LONGEST_WAIT * 3)
        hanging.let_go.set()
        return [each.status_code for each in others], [each.status_code for each in await asyncio.gather(*reporting)]


def test_others_are_answered_while_storage_hangs_and_all_reports_when_it_is_back(
    api: MemoryApi, hanging: HangingStorage
) -> None:
    others, reports = asyncio.run(asked_and_renewed(api, hanging))
    assert others == [200] * 4
    assert reports == [409] * CLIENTS, "the objects are not there, but each was looked for"


def test_where_every_output_is_checked_no_report_avoids_the_storage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "LONGEST_WAIT", 0.2)
    api = memory_api(check_legacy_output=True)
    hanging = HangingStorage(api, monkeypatch)
    others, _ = asyncio.run(asked_and_renewed(api, hanging))
    assert others == [200, 503, 200, 200]


async def health_while_all_threads_are_busy(api: MemoryApi, asked: threading.Semaphore, let_go: threading.Event) -> int:
    transport = httpx2.ASGITransport(api.app)
    headers = {"Authorization": f"Bearer {CLIENT_TOKENS[0]}"}
    async with httpx2.AsyncClient(transport=transport, base_url=f"http://{HOST}", headers=headers) as client:
        asking = [asyncio.create_task(client.get("/api/image-jobs")) for _ in range(CLIENTS)]
        try:
            async with asyncio.timeout(10):
                for _ in range(int(current_default_thread_limiter().total_tokens)):
                    await asyncio.to_thread(asked.acquire)
                return (await client.get("/healthz")).status_code
        finally:
            let_go.set()
            await asyncio.gather(*asking)


def test_whether_the_process_lives_is_answered_while_the_database_holds_every_thread(
    api: MemoryApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, let_go, page = threading.Semaphore(0), threading.Event(), api.jobs.page

    def hanging(*arguments: Any) -> Any:
        asked.release()
        assert let_go.wait(30)
        return page(*arguments)

    monkeypatch.setattr(api.jobs, "page", hanging)
    assert asyncio.run(health_while_all_threads_are_busy(api, asked, let_go)) == 200


def test_requests_that_wait_too_long_for_a_thread_are_503(
    api: MemoryApi, hanging: HangingStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "LONGEST_WAIT", 0.2)
    _, reports = asyncio.run(asked_and_renewed(api, hanging))
    assert sorted(set(reports)) == [409, 503]
    assert reports.count(409) == STORAGE_THREADS
