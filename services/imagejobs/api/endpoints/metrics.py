"""Metrics for Prometheus: requests by operation and status, jobs by status, and the length of the queue."""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from imagejobs.errors import BackingServiceUnavailable
from imagejobs.jobs.stores import Stores


class Metrics:
    """The metrics of one application, in a registry of their own."""

    def __init__(self, stores: Stores) -> None:
        self._registry = CollectorRegistry()
        self._requests = Histogram(
            "imagejobs_http_request_seconds",
            "Seconds per HTTP request.",
            ("operation", "status"),
            registry=self._registry,
        )
        self._registry.register(_Backlog(stores))

    def observe(self, operation: str, status: int, seconds: float) -> None:
        """Count one request."""
        self._requests.labels(operation, str(status)).observe(seconds)

    def exposition(self) -> bytes:
        """All metrics in the text format."""
        return generate_latest(self._registry)


class _Backlog(Collector):
    """Gauges that are read at each scrape. If a service is unavailable, its gauge is absent: alert on absence."""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores

    def collect(self) -> Iterator[GaugeMetricFamily]:
        try:
            by_status = GaugeMetricFamily("imagejobs_jobs", "Image jobs by status.", labels=["status"])
            for status, count in self._stores.repository.count_by_status().items():
                by_status.add_metric([status], count)
            yield by_status
        except BackingServiceUnavailable:
            pass
        try:
            length, dead = self._stores.queue.length(), self._stores.queue.dead_letters()
            yield GaugeMetricFamily("imagejobs_queue_length", "Messages on the task queue.", value=length)
            yield GaugeMetricFamily(
                "imagejobs_dead_messages", "Dead letters: messages that could not be read.", value=dead
            )
        except BackingServiceUnavailable:
            pass

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """No gauges: otherwise registering would read them, and so call the services."""
        return iter(())
