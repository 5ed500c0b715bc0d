import re

from worlds.api_requests import created_job
from worlds.memory_api import memory_api


def test_requests_are_counted_by_operation_and_status() -> None:
    client = memory_api().client()
    created_job(client)
    for _ in range(3):
        client.get("/api/image-jobs/nonsense")
    answer = client.get("/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert 'imagejobs_http_request_seconds_count{operation="createImageJob",status="201"} 1.0' in answer.text
    assert 'imagejobs_http_request_seconds_count{operation="getImageJob",status="400"} 3.0' in answer.text
    total = re.search(r'seconds_sum\{operation="createImageJob",status="201"\} (\S+)', answer.text)
    assert total
    assert 0 < float(total[1]) < 60


def test_jobs_and_queue_are_counted_when_they_are_asked_for() -> None:
    api = memory_api()
    client = api.client()
    created_job(client)
    created_job(client)
    api.queue.dead.append(b"not a message")
    text = client.get("/metrics").text
    assert 'imagejobs_jobs{status="PENDING"} 2.0' in text
    assert "imagejobs_queue_length 2.0" in text
    assert "imagejobs_dead_messages 1.0" in text


def test_an_unavailable_service_loses_its_own_gauge_only() -> None:
    api = memory_api()
    client = api.client()
    created_job(client)
    api.cut("redis")
    text = client.get("/metrics").text
    assert "imagejobs_queue_length" not in text
    assert 'imagejobs_jobs{status="PENDING"} 1.0' in text
    api.mend()
    api.cut("mongodb")
    text = client.get("/metrics").text
    assert "imagejobs_queue_length 1.0" in text
    assert "imagejobs_jobs{" not in text


def test_two_applications_do_not_share_their_figures() -> None:
    memory_api().client().get("/healthz")
    assert 'operation="getHealth"' not in memory_api().client().get("/metrics").text
