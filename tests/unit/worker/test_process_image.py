"""Every outcome of a message's delivery, with the guide's backend and the fencing one."""

import io
import math
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict, replace
from datetime import timedelta
from functools import partial
from typing import Any

import httpx2
import pytest
from imagejobs.conversion.errors import ConversionError, ErrorCode, MachineFault
from imagejobs.conversion.options import Options
from imagejobs.conversion.sandbox.child import answer
from imagejobs.conversion.sandbox.result import Picture, Result, read_result
from imagejobs.storage.object_storage import IMMUTABLE
from imagejobs.worker.delivery import Delivery
from imagejobs.worker.failures import MachineShort, ServiceUnavailable, TransientFailure
from imagejobs.worker.image_store import ImageStore
from imagejobs.worker.job import Claim
from imagejobs.worker.jobs_api import JobsApi
from imagejobs.worker.process_image import STOPPED, Outcome, ProcessImage
from imagejobs.worker.quarantine import SUSPICIOUS
from PIL import Image
from servers.processes import wait_until
from worlds.backends import OUTPUT_KEY, Backend, FencingBackend, GuideBackend
from worlds.job_world import LEASE, MILLISECOND, converted, receipt

MISSING_ID = "655501d2f12a3d0f3c5a1002"
FIRST, LAST = Delivery(), Delivery(seconds=math.inf, faulty_seconds=math.inf)
LAST_FAULT = Delivery(faults=99)


def real_conversion(source: bytes) -> Result:
    return read_result(*answer(asdict(Options()), source))


def worker_of(backend: Backend, conversion: Callable[[bytes], Result] | None = None, **options: Any) -> ProcessImage:
    """A worker for this backend. Without a `conversion` the test fails if the worker converts."""
    images = ImageStore(backend.storage, "optimized/", max_bytes=1_000_000)
    jobs = JobsApi(backend.line.client(), LEASE.total_seconds())
    return ProcessImage(jobs, jobs, replace(images, **options), conversion or unexpected_conversion)


def unexpected_conversion(_: bytes) -> Result:
    raise AssertionError("this job must not be converted")


def during_conversion(action: Callable[[], object]) -> Callable[[bytes], Result]:
    def conversion(_: bytes) -> Result:
        action()
        return converted()

    return conversion


def failing(code: ErrorCode, *, retryable: bool) -> Callable[[bytes], Result]:
    def conversion(_: bytes) -> Result:
        raise ConversionError(code, "It does not work.", retryable=retryable)

    return conversion


def lose_leases(backend: FencingBackend, job_id: str, count: int) -> None:
    """Let `count` workers in turn claim the job and lose their lease."""
    for _ in range(count):
        backend.world.attempts.claim(job_id, LEASE.total_seconds())
        backend.world.clock.advance(LEASE + MILLISECOND)
        backend.world.repair.run_once()


def outputs(backend: Backend) -> set[str]:
    return {key for key in backend.storage.stored_keys() if key.startswith("optimized/")}


def statuses(backend: Backend) -> list[str]:
    return [patch["status"] for patch in backend.line.patches]


class TestCompleted:
    def test_the_image_is_converted_uploaded_and_reported(self, backend: Backend, picture: bytes) -> None:
        job_id = backend.add_job(picture)
        assert worker_of(backend, real_conversion)(job_id) == Outcome.COMPLETED
        shown = backend.shown(job_id)
        key = shown["outputImageKey"]
        assert (shown["status"], shown["errorMsg"]) == ("COMPLETED", "")
        assert outputs(backend) == {key}
        assert shown["outputImageURL"] == backend.storage.public_url(key)
        stored = backend.storage.stored(key)
        assert (stored.info.content_type, stored.cache_control) == ("image/webp", IMMUTABLE)
        with Image.open(io.BytesIO(stored.body)) as image:
            assert (image.format, image.size) == ("WEBP", (256, 256))

    def test_the_guides_backend_gets_the_reports_of_the_guide(self, guide: GuideBackend) -> None:
        worker_of(guide, lambda _: converted())(guide.add_job(b"picture"))
        assert [
            set(patch) - {"leaseSeconds", "receipt", "renditions", "thumbHash", "dominantColor"}
            for patch in guide.line.patches
        ] == [
            {"status"},
            {"status", "outputImageURL", "outputImageKey"},
        ]
        assert guide.line.patches[1]["outputImageKey"] == OUTPUT_KEY

    def test_a_fencing_backend_gets_the_token_back_and_keeps_the_receipt(self, fencing: FencingBackend) -> None:
        job_id = fencing.add_job(b"picture")
        worker_of(fencing, lambda _: converted())(job_id)
        assert [patch.get("attempt") for patch in fencing.line.patches] == [None, 1, 1]
        assert statuses(fencing) == ["PROCESSING", "PROCESSING", "COMPLETED"]
        shown = fencing.shown(job_id)
        assert (shown["receipt"], shown["thumbHash"], shown["dominantColor"]) == (
            receipt(7),
            "HkiKHAQPVViIOIiA",
            "#b0706f",
        )

    def test_every_rendition_is_stored_beside_the_output_and_reported(self, fencing: FencingBackend) -> None:
        job_id = fencing.add_job(b"picture")
        pictures = (Picture(30, 20, b"smaller"), Picture(9, 6, b"small"), Picture(2, 3, b"tiny"))
        worker_of(fencing, lambda _: converted(*pictures))(job_id)
        shown = fencing.shown(job_id)
        stem = shown["outputImageKey"].removesuffix(".webp")
        assert [(each["key"], each["width"], each["bytes"]) for each in shown["renditions"]] == [
            (f"{stem}.webp", 30, 7),
            (f"{stem}-9.webp", 9, 5),
            (f"{stem}-3.webp", 2, 4),
        ]
        assert outputs(fencing) == {each["key"] for each in shown["renditions"]}
        assert all(each["url"] == fencing.storage.public_url(each["key"]) for each in shown["renditions"])

    def test_a_record_without_a_key_is_found_by_its_public_url(self, guide: GuideBackend) -> None:
        job_id = guide.add_job(b"picture")
        del guide.documents[job_id]["sourceImageKey"]
        assert worker_of(guide, lambda _: converted())(job_id) == Outcome.COMPLETED

    def test_a_status_in_lower_case_is_understood(self, guide: GuideBackend) -> None:
        job_id = guide.add_job(b"picture")
        guide.documents[job_id]["status"] = "completed"
        assert worker_of(guide)(job_id) == Outcome.DROPPED


class TestFailed:
    def assert_failed(self, backend: Backend, job_id: str, code: str, *, retryable: bool = False) -> dict[str, Any]:
        last = backend.line.patches[-1]
        assert (last["status"], last["errorCode"], last["retryable"]) == ("FAILED", code, retryable)
        shown = backend.shown(job_id)
        assert shown["status"] == "FAILED"
        assert shown["errorMsg"] == last["errorMsg"]
        assert outputs(backend) == set()
        return shown

    def test_a_missing_source(self, backend: Backend) -> None:
        job_id = backend.add_job(b"picture")
        backend.storage.delete(backend.shown(job_id)["sourceImageKey"])
        assert worker_of(backend)(job_id) == Outcome.FAILED
        assert "does not exist in storage" in self.assert_failed(backend, job_id, "source_missing")["errorMsg"]

    def test_a_source_that_is_too_large(self, backend: Backend) -> None:
        job_id = backend.add_job(b"picture")
        assert worker_of(backend, max_bytes=6)(job_id) == Outcome.FAILED
        assert "larger than 6 bytes" in self.assert_failed(backend, job_id, "too_large")["errorMsg"]

    def test_a_damaged_file(self, backend: Backend, picture: bytes) -> None:
        job_id = backend.add_job(picture[: len(picture) // 2])
        assert worker_of(backend, real_conversion)(job_id) == Outcome.FAILED
        assert self.assert_failed(backend, job_id, "truncated")["errorMsg"].startswith("Failed to process image: ")

    def test_a_file_that_is_not_an_image(self, backend: Backend) -> None:
        job_id = backend.add_job(b"<svg/>")
        assert worker_of(backend, real_conversion)(job_id) == Outcome.FAILED
        self.assert_failed(backend, job_id, "unsupported_type")

    @pytest.mark.parametrize(
        ("key", "url"),
        [
            ("optimized/1.webp", ""),
            ("raw/../secret", ""),
            ("", "http://169.254.169.254/raw/1.jpg"),
            ("", "file:///etc/passwd"),
            ("", ""),
        ],
    )
    def test_a_source_that_is_not_ours_is_not_read(self, guide: GuideBackend, key: str, url: str) -> None:
        job_id = guide.add_job(b"picture")
        guide.documents[job_id] |= {"sourceImageKey": key, "sourceImageURL": url}
        assert worker_of(guide)(job_id) == Outcome.FAILED
        message = self.assert_failed(guide, job_id, "source_not_allowed")["errorMsg"]
        assert message == f"The source of image job {job_id} is not an object under raw/: {key or url!r}."
        assert f"image job {job_id} is not an object under raw/: {key or url!r}" in guide.shown(job_id)["errorMsg"]

    def test_on_the_last_try_what_might_pass_ends_the_job_retryable(self, backend: Backend) -> None:
        job_id = backend.add_job(b"picture")
        conversion = failing(ErrorCode.CONVERSION_MEMORY, retryable=True)
        assert worker_of(backend, conversion)(job_id, LAST) == Outcome.FAILED
        message = self.assert_failed(backend, job_id, "conversion_memory", retryable=True)["errorMsg"]
        assert message == "It does not work."

    def test_on_the_last_try_an_outage_of_the_storage_fails_the_job_retryable(self, backend: Backend) -> None:
        job_id = backend.add_job(b"picture")
        backend.storage.away = True
        assert worker_of(backend)(job_id, LAST) == Outcome.FAILED
        backend.storage.away = False
        self.assert_failed(backend, job_id, "storage_unavailable", retryable=True)
        assert "storage is unavailable" in backend.shown(job_id)["errorMsg"]


class TestTriedAgain:
    def test_an_outage_of_the_storage_hands_a_fenced_job_back_at_once(self, fencing: FencingBackend) -> None:
        job_id = fencing.add_job(b"picture")
        fencing.storage.away = True
        with pytest.raises(TransientFailure, match="storage is unavailable") as caught:
            worker_of(fencing)(job_id)
        assert caught.value.code == "storage_unavailable"
        shown = fencing.shown(job_id)
        assert (shown["status"], shown["errorCode"]) == ("PENDING", "storage_unavailable")
        fencing.storage.away = False
        assert worker_of(fencing, lambda _: converted())(job_id) == Outcome.COMPLETED
        assert fencing.shown(job_id)["attempt"] == 2

    def test_at_a_backend_of_the_guide_the_job_stays_processing_and_is_taken_up_again(
        self, guide: GuideBackend
    ) -> None:
        job_id = guide.add_job(b"picture")
        guide.storage.away = True
        with pytest.raises(TransientFailure):
            worker_of(guide)(job_id)
        assert statuses(guide) == ["PROCESSING"]
        guide.storage.away = False
        assert worker_of(guide, lambda _: converted())(job_id) == Outcome.COMPLETED

    def test_an_outage_of_the_storage_before_the_upload_is_tried_again(self, backend: Backend) -> None:
        job_id = backend.add_job(b"picture")

        def go_away() -> None:
            backend.storage.away = True

        with pytest.raises(TransientFailure, match="storage is unavailable"):
            worker_of(backend, during_conversion(go_away))(job_id)
        backend.storage.away = False
        assert worker_of(backend, lambda _: converted())(job_id) == Outcome.COMPLETED

    def test_a_conversion_that_may_work_another_time(self, backend: Backend) -> None:
        with pytest.raises(TransientFailure, match="It does not work") as caught:
            worker_of(backend, failing(ErrorCode.CONVERSION_MEMORY, retryable=True))(backend.add_job(b"picture"))
        assert caught.value.code == "conversion_memory"

    def test_a_machine_without_room_hands_the_job_back_also_where_a_fault_would_be_the_last(
        self, fencing: FencingBackend
    ) -> None:
        def convert(_: bytes) -> Result:
            raise MachineFault(ErrorCode.CONVERSION_MEMORY, "There is no room in /tmp.")

        job_id = fencing.add_job(b"picture")
        with pytest.raises(MachineShort, match="no room in /tmp"):
            worker_of(fencing, convert)(job_id, Delivery(faults=10, max_attempts=3))
        shown = fencing.shown(job_id)
        assert (shown["status"], shown["errorCode"]) == ("PENDING", "conversion_memory")

    def test_an_outage_of_the_api(self, backend: Backend) -> None:
        job_id = backend.add_job(b"picture")
        backend.line.is_cut = lambda _: True
        for delivery in (FIRST, LAST):
            with pytest.raises(ServiceUnavailable) as caught:
                worker_of(backend)(job_id, delivery)
            assert caught.value.code == "api_unavailable"

    @pytest.mark.parametrize("away_for", [timedelta(0), LEASE + MILLISECOND])
    def test_after_an_outage_of_the_api_before_the_report_the_job_is_handed_back(
        self, fencing: FencingBackend, monkeypatch: pytest.MonkeyPatch, away_for: timedelta
    ) -> None:
        def cut() -> None:
            fencing.line.is_cut = lambda request: request.method == "PATCH"

        def come_back(_: float) -> bool:
            fencing.world.clock.advance(away_for)
            fencing.world.repair.run_once()
            fencing.line.is_cut = lambda _: False
            return False

        job_id = fencing.add_job(b"picture")
        worker = worker_of(fencing, during_conversion(cut))
        monkeypatch.setattr(worker.in_flight, "ends_within", come_back)
        with pytest.raises(ServiceUnavailable):
            worker(job_id)
        shown = fencing.shown(job_id)
        assert (shown["status"], shown["errorCode"]) == ("PENDING", "api_unavailable")
        assert shown["lostLeases"] == 0, "no worker died"
        assert worker_of(fencing, lambda _: converted())(job_id) == Outcome.COMPLETED

    def test_an_outage_of_the_api_that_outlasts_the_process(self, fencing: FencingBackend) -> None:
        def cut_and_end() -> None:
            fencing.line.is_cut = lambda request: request.method == "PATCH"
            worker.in_flight.end()

        job_id = fencing.add_job(b"picture")
        worker = worker_of(fencing, during_conversion(cut_and_end))
        with pytest.raises(ServiceUnavailable):
            worker(job_id)
        fencing.line.is_cut = lambda _: False
        assert worker_of(fencing)(job_id) == Outcome.DROPPED, "its own lost claim still holds the job"
        fencing.world.clock.advance(LEASE + MILLISECOND)
        assert worker_of(fencing, lambda _: converted())(job_id) == Outcome.COMPLETED

    def test_an_outage_of_an_api_without_leases_before_the_report(self, guide: GuideBackend) -> None:
        def cut() -> None:
            guide.line.is_cut = lambda request: request.method == "PATCH"

        job_id = guide.add_job(b"picture")
        with pytest.raises(TransientFailure):
            worker_of(guide, during_conversion(cut))(job_id)
        guide.line.is_cut = lambda _: False
        assert worker_of(guide, lambda _: converted())(job_id) == Outcome.COMPLETED

    @pytest.mark.parametrize("answer", [{"success": True}, {"success": True, "data": []}, {"data": {"status": None}}])
    def test_an_answer_that_is_not_a_job(self, guide: GuideBackend, answer: dict[str, Any]) -> None:
        guide.line._transport = httpx2.MockTransport(lambda _: httpx2.Response(200, json=answer))
        with pytest.raises(TransientFailure) as caught:
            worker_of(guide)(MISSING_ID)
        assert caught.value.code == "api_unexpected_answer"

    def test_a_source_that_is_not_what_was_uploaded(self, fencing: FencingBackend) -> None:
        job_id = fencing.add_job(b"picture")
        key = fencing.shown(job_id)["sourceImageKey"]
        fencing.storage.put(key, io.BytesIO(b"pict"), 4, "image/jpeg")
        with pytest.raises(
            TransientFailure, match=r"^Storage returned 4 bytes for 'raw/.*' that differ from the upload\.$"
        ) as caught:
            worker_of(fencing)(job_id)
        assert (caught.value.code, isinstance(caught.value, ServiceUnavailable)) == ("source_differs", False)
        fencing.storage.put(key, io.BytesIO(b"picture"), 7, "image/jpeg")
        assert worker_of(fencing, lambda _: converted())(job_id) == Outcome.COMPLETED

    def test_a_worker_whose_token_is_refused(self, guide: GuideBackend) -> None:
        guide.line._transport = httpx2.MockTransport(lambda _: httpx2.Response(401, json={"message": "No token."}))
        with pytest.raises(TransientFailure, match=r"refused the worker \(401\): No token") as caught:
            worker_of(guide)(MISSING_ID)
        assert caught.value.code == "api_refused"

    def test_a_result_that_the_api_does_not_accept_keeps_its_error_code(self, fencing: FencingBackend) -> None:
        job_id = fencing.add_job(b"picture")
        misconfigured = worker_of(fencing, lambda _: converted(), output_prefix="processed/")
        with pytest.raises(TransientFailure, match="must start with this server's OUTPUT_PREFIX, 'optimized/'"):
            misconfigured(job_id)
        assert fencing.shown(job_id)["status"] == "PENDING"
        assert misconfigured(job_id, LAST) == Outcome.FAILED
        shown = fencing.shown(job_id)
        assert (shown["status"], shown["errorCode"]) == ("FAILED", "output_not_accepted")

    def test_a_fault_counts_and_an_outage_does_not(self, fencing: FencingBackend) -> None:
        job_id = fencing.add_job(b"picture")
        tried = Delivery(tries=50, faults=4, seconds=600)
        fencing.storage.away = True
        with pytest.raises(ServiceUnavailable):
            worker_of(fencing)(job_id, tried)
        fencing.storage.away = False
        faulty = worker_of(fencing, failing(ErrorCode.CONVERSION_MEMORY, retryable=True))
        assert faulty(job_id, tried) == Outcome.FAILED
        assert fencing.shown(job_id)["errorCode"] == "conversion_memory"

    def test_a_hand_back_reports_when_the_message_is_delivered_again(self, fencing: FencingBackend) -> None:
        job_id = fencing.add_job(b"picture")
        fencing.storage.away = True
        with pytest.raises(TransientFailure):
            worker_of(fencing)(job_id, FIRST, retry_in=8.5)
        assert fencing.line.patches[-1]["retryInSeconds"] == 8.5
        waiting = fencing.world.repository.get(job_id)

        assert waiting
        assert waiting.enqueued_at == fencing.world.clock.time + timedelta(seconds=8.5)


class TestGivingUp:
    def test_a_running_job_is_handed_back_at_once_and_its_result_discarded(self, fencing: FencingBackend) -> None:
        def stop() -> None:
            worker.give_up()

        job_id = fencing.add_job(b"picture")
        worker = worker_of(fencing, during_conversion(stop))
        assert worker(job_id) == Outcome.DROPPED
        shown = fencing.shown(job_id)
        assert (shown["status"], shown["errorCode"], shown["errorMsg"]) == ("PENDING", STOPPED.code, str(STOPPED))
        assert "enqueuedAt" not in shown, "for the reconciler's next pass"
        assert outputs(fencing) == set()

    def test_a_conversion_that_was_killed_for_it_is_not_a_fault_of_the_job(self, fencing: FencingBackend) -> None:
        def give_up(_: bytes) -> Result:
            worker.give_up()
            raise ConversionError(ErrorCode.CONVERSION_MEMORY, "It was killed.", retryable=True)

        job_id = fencing.add_job(b"picture")
        worker = worker_of(fencing, give_up)
        with pytest.raises(ServiceUnavailable):
            worker(job_id, LAST_FAULT)
        shown = fencing.shown(job_id)
        assert (shown["status"], shown["errorCode"]) == ("PENDING", STOPPED.code), "no fault of the job's"

    def test_a_file_that_is_refused_meanwhile_is_refused(self, fencing: FencingBackend) -> None:
        def give_up(_: bytes) -> Result:
            worker.in_flight.end()
            raise ConversionError(ErrorCode.CORRUPT, "It is damaged.", retryable=False)

        job_id = fencing.add_job(b"picture")
        worker = worker_of(fencing, give_up)
        assert worker(job_id) == Outcome.FAILED

    def test_no_job_is_begun_after_it(self, fencing: FencingBackend) -> None:
        job_id = fencing.add_job(b"picture")
        worker = worker_of(fencing)
        worker.give_up()
        with pytest.raises(ServiceUnavailable):
            worker(job_id, LAST_FAULT)
        assert fencing.line.patches == []

    def test_during_an_outage_of_the_api_the_lease_expires_instead(self, fencing: FencingBackend) -> None:
        def give_up() -> None:
            fencing.line.is_cut = lambda _: True
            worker.give_up()
            fencing.line.is_cut = lambda _: False

        worker = worker_of(fencing, during_conversion(give_up))
        assert worker(fencing.add_job(b"picture")) == Outcome.COMPLETED

    def test_an_answer_that_does_not_come_is_only_its_own_jobs(
        self, fencing: FencingBackend, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        both = threading.Barrier(2)
        hand_back = JobsApi.hand_back

        def together(self: JobsApi, claim: Claim, *rest: Any) -> None:
            both.wait(10)
            hand_back(self, claim, *rest)

        monkeypatch.setattr(JobsApi, "hand_back", together)
        worker = worker_of(fencing)
        ids = [fencing.add_job(b"picture") for _ in range(2)]
        with ExitStack() as held:
            for job_id in ids:
                held.enter_context(worker.in_flight.holding(worker.jobs.claim(job_id)))
            worker.give_up()
        assert {fencing.shown(job_id)["status"] for job_id in ids} == {"PENDING"}

    def test_finished_jobs_are_not_handed_back(self, backend: Backend) -> None:
        worker = worker_of(backend, lambda _: converted())
        worker(backend.add_job(b"picture"))
        reported = len(backend.line.patches)
        worker.give_up()
        assert len(backend.line.patches) == reported


class TestDropped:
    def test_a_job_that_is_not_there(self, backend: Backend) -> None:
        assert worker_of(backend)(MISSING_ID) == Outcome.DROPPED
        assert backend.line.patches == []

    def test_a_second_delivery_of_a_finished_job(self, backend: Backend) -> None:
        job_id = backend.add_job(b"picture")
        worker_of(backend, lambda _: converted())(job_id)
        shown, patches = dict(backend.shown(job_id)), len(backend.line.patches)
        assert worker_of(backend)(job_id) == Outcome.DROPPED
        assert backend.shown(job_id) == shown
        assert len(backend.line.patches) == patches

    def test_a_second_delivery_of_a_failed_job(self, backend: Backend) -> None:
        job_id = backend.add_job(b"picture")
        worker_of(backend, failing(ErrorCode.CORRUPT, retryable=False))(job_id)
        assert worker_of(backend)(job_id) == Outcome.DROPPED
        assert backend.shown(job_id)["status"] == "FAILED"

    def test_a_job_that_another_worker_holds(self, fencing: FencingBackend) -> None:
        job_id = fencing.add_job(b"picture")
        held = fencing.world.attempts.claim(job_id)
        assert worker_of(fencing)(job_id) == Outcome.DROPPED
        assert fencing.world.now(held) == held

    def test_a_job_that_another_worker_took_over_during_the_conversion_is_not_uploaded(
        self, fencing: FencingBackend
    ) -> None:
        def take_over() -> None:
            fencing.world.clock.advance(LEASE + MILLISECOND)
            taken.append(fencing.world.attempts.claim(job_id))

        taken: list[Any] = []
        job_id = fencing.add_job(b"picture")
        assert worker_of(fencing, during_conversion(take_over))(job_id) == Outcome.DROPPED
        assert outputs(fencing) == set()
        assert fencing.world.now(taken[0]) == taken[0]

    def test_a_job_that_was_deleted_during_the_conversion_is_not_resurrected(self, backend: Backend) -> None:
        job_id = backend.add_job(b"picture")
        worker = worker_of(backend, during_conversion(partial(backend.delete, job_id)))
        assert worker(job_id) == Outcome.DROPPED
        assert worker_of(backend)(job_id) == Outcome.DROPPED
        if isinstance(backend, FencingBackend):
            assert backend.storage.stored_keys() == set()

    @pytest.mark.parametrize("delivery", [FIRST, LAST])
    def test_a_failure_of_a_job_that_another_worker_took_over(
        self, fencing: FencingBackend, delivery: Delivery
    ) -> None:
        def take_over_and_fail(_: bytes) -> Result:
            fencing.world.clock.advance(LEASE + MILLISECOND)
            fencing.world.attempts.claim(job_id)
            raise ConversionError(ErrorCode.CONVERSION_MEMORY, "It does not work.", retryable=True)

        job_id = fencing.add_job(b"picture")
        assert worker_of(fencing, take_over_and_fail)(job_id, delivery) == Outcome.DROPPED
        shown = fencing.shown(job_id)
        assert (shown["status"], shown["attempt"]) == ("PROCESSING", 2)

    def test_of_two_deliveries_at_once_one_works(self, fencing: FencingBackend) -> None:
        def deliver_again() -> None:
            second.append(worker_of(fencing)(job_id))

        second: list[Outcome] = []
        job_id = fencing.add_job(b"picture")
        assert worker_of(fencing, during_conversion(deliver_again))(job_id) == Outcome.COMPLETED
        assert second == [Outcome.DROPPED]
        assert fencing.shown(job_id)["attempt"] == 1


class TestSuspects:
    def test_a_job_whose_workers_died_is_claimed_when_no_other_is_running(self, fencing: FencingBackend) -> None:
        def begin_the_suspect(_: bytes) -> Result:
            waiting.append(threads.submit(replace(worker, convert=lambda _: converted()), suspect))
            wait_until(worker.quarantine._entrance.locked)
            assert fencing.shown(suspect)["status"] == "PENDING"
            return converted()

        waiting: list[Future[Outcome]] = []
        suspect, other = fencing.add_job(b"suspect"), fencing.add_job(b"other")
        lose_leases(fencing, suspect, SUSPICIOUS)
        worker = worker_of(fencing, begin_the_suspect)
        with ThreadPoolExecutor(1) as threads:
            assert worker(other) == Outcome.COMPLETED
            assert waiting[0].result(10) == Outcome.COMPLETED

    def test_one_that_becomes_a_suspect_by_its_claim_is_handed_back_to_run_alone(self, fencing: FencingBackend) -> None:
        job_id = fencing.add_job(b"picture")
        lose_leases(fencing, job_id, SUSPICIOUS - 1)
        fencing.world.attempts.claim(job_id, LEASE.total_seconds())
        fencing.world.clock.advance(LEASE + MILLISECOND)

        with pytest.raises(ServiceUnavailable, match="alone"):
            worker_of(fencing)(job_id)
        shown = fencing.shown(job_id)
        assert (shown["status"], shown["lostLeases"]) == ("PENDING", SUSPICIOUS)

        assert worker_of(fencing, lambda _: converted())(job_id) == Outcome.COMPLETED
