"""The endpoints that the service is operated with: health, readiness, metrics, the contract, the docs."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from imagejobs import __version__
from imagejobs.api.binding.call import Call, Endpoint, Reply
from imagejobs.api.endpoints.docs_page import DOCS_PAGE
from imagejobs.api.endpoints.metrics import Metrics
from imagejobs.api.endpoints.readiness import Readiness
from imagejobs.contract.openapi import Contract


@dataclass(frozen=True, slots=True)
class OperationsEndpoints:
    """What they answer from."""

    contract: Contract
    readiness: Readiness
    metrics: Metrics

    def by_operation(self) -> Mapping[str, Endpoint]:
        """operationId to endpoint."""
        return {
            "getHealth": self.health,
            "getReadiness": self.readiness.answer,
            "getMetrics": self.get_metrics,
            "getContract": self.get_contract,
            "getDocs": self.docs,
        }

    def health(self, call: Call) -> Reply:  # noqa: ARG002 - an endpoint takes a call
        return Reply({"status": "ok", "version": __version__})

    def get_metrics(self, call: Call) -> Reply:  # noqa: ARG002 - as above
        return Reply(raw=self.metrics.exposition(), content_type="text/plain; version=0.0.4; charset=utf-8")

    def get_contract(self, call: Call) -> Reply:  # noqa: ARG002 - as above
        return Reply(raw=json.dumps(self.contract.document, ensure_ascii=False).encode())

    def docs(self, call: Call) -> Reply:  # noqa: ARG002 - as above
        return Reply(raw=DOCS_PAGE.encode(), content_type="text/html; charset=utf-8")
