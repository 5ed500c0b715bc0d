"""The endpoints for operating the service: health, readiness, metrics, the contract and its page."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from imagejobs import __version__
from imagejobs.api.binding.call import Call, Reply
from imagejobs.api.binding.endpoint import Endpoint, Uses
from imagejobs.api.endpoints.docs_page import DOCS_PAGE
from imagejobs.api.endpoints.metrics import Metrics
from imagejobs.api.endpoints.readiness import Readiness
from imagejobs.contract.openapi import Contract


@dataclass(frozen=True, slots=True)
class OperationsEndpoints:
    """Each handler answers one operation of the contract."""

    contract: Contract
    readiness: Readiness
    metrics: Metrics

    def by_operation(self) -> Mapping[str, Endpoint]:
        """operationId to endpoint."""
        contract = Reply(raw=json.dumps(self.contract.document, ensure_ascii=False).encode())
        page = Reply(raw=DOCS_PAGE.encode(), content_type="text/html; charset=utf-8")
        health = Reply({"status": "ok", "version": __version__})
        return {
            "getHealth": Endpoint(lambda _: health, Uses.NOTHING),
            "getReadiness": Endpoint(self.readiness.answer, Uses.RECORDS),
            "getMetrics": Endpoint(self._metrics, Uses.RECORDS),
            "getContract": Endpoint(lambda _: contract, Uses.NOTHING),
            "getDocs": Endpoint(lambda _: page, Uses.NOTHING),
        }

    def _metrics(self, _: Call) -> Reply:
        return Reply(raw=self.metrics.exposition(), content_type="text/plain; version=0.0.4; charset=utf-8")
