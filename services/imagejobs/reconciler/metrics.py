"""Metrics for Prometheus: what the reconciler found and did, and when its last pass ended."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server

from imagejobs.jobs.repair import RepairReport
from imagejobs.jobs.upkeep.sweep import Kind, Swept

PASS_SECONDS = (0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 30.0, 60.0)


class Metrics:
    """One registry per process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._repairs = Counter("imagejobs_repairs", "What the repairs put right.", ("repair",), registry=self.registry)
        for repair in asdict(RepairReport()):
            self._repairs.labels(repair)
        self._seconds = Histogram(
            "imagejobs_repair_pass_seconds", "Seconds per pass.", buckets=PASS_SECONDS, registry=self.registry
        )
        self._last_pass = Gauge(
            "imagejobs_repair_last_pass_timestamp_seconds", "When the last pass ended.", registry=self.registry
        )
        self._outages = Counter(
            "imagejobs_repair_passes_cut_short", "Passes that a service ended.", ("service",), registry=self.registry
        )
        self._swept = Counter(
            "imagejobs_swept_objects", "Objects that sweeps looked at.", ("kind", "outcome"), registry=self.registry
        )
        self._swept_bytes = Counter("imagejobs_orphan_bytes", "Bytes of orphans.", ("kind",), registry=self.registry)
        self._audited = Counter("imagejobs_audited_jobs", "COMPLETED jobs that were audited.", registry=self.registry)
        self._damaged = Counter(
            "imagejobs_damaged_jobs", "COMPLETED jobs found without their objects.", registry=self.registry
        )

    def serve(self, host: str, port: int) -> None:
        """Serve http://host:port/metrics in separate threads. Raises OSError if the address cannot be listened on."""
        start_http_server(port, host, self.registry)

    @contextmanager
    def timed_pass(self) -> Iterator[None]:
        """Measure one pass. If it completes, record when."""
        with self._seconds.time():
            yield
        self._last_pass.set_to_current_time()

    def repaired(self, report: RepairReport) -> None:
        """Count what one pass did."""
        for repair, count in asdict(report).items():
            self._repairs.labels(repair).inc(count)

    def cut_short(self, service: str) -> None:
        """Count a pass that ended because this service is unavailable."""
        self._outages.labels(service.lower()).inc()

    def swept(self, kind: Kind, swept: Swept) -> None:
        """Count the objects of one batch of a sweep."""
        counts = asdict(swept)
        self._swept_bytes.labels(kind).inc(counts.pop("bytes"))
        for outcome, count in counts.items():
            self._swept.labels(kind, outcome).inc(count)

    def audited(self, jobs: int, damaged: int) -> None:
        """Count the jobs of one page of an audit."""
        self._audited.inc(jobs)
        self._damaged.inc(damaged)
