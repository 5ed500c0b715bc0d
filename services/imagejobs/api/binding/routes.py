"""Binds endpoints to the contract's operations by operationId. Every request takes the same steps:

authenticate, read and check the request, call the endpoint in its lane, answer, and in development check the answer.
"""

import json
import logging
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import Scope

from imagejobs.api.binding.authentication import Authentication
from imagejobs.api.binding.call import Call, Reply
from imagejobs.api.binding.endpoint import Endpoint
from imagejobs.api.binding.errors import ApiError, as_api_error, error_response
from imagejobs.api.binding.forms.form import to_form
from imagejobs.api.binding.lanes import Lanes
from imagejobs.api.binding.parameters import read_params
from imagejobs.api.binding.request_body import BodyLimits, check_content_type, read_json, read_multipart
from imagejobs.contract.openapi import Contract
from imagejobs.contract.operations import JSON, Operation
from imagejobs.errors import ConfigurationError

logger = logging.getLogger(__name__)

Observer = Callable[[str, int, float], None]
"""Called with the operationId, the status and the seconds of each request."""


@dataclass(frozen=True, slots=True)
class Binding:
    """What every operation needs to answer a request."""

    authentication: Authentication
    limits: BodyLimits
    validate_responses: bool
    observe: Observer
    lanes: Lanes


def bind(contract: Contract, endpoints: Mapping[str, Endpoint], binding: Binding) -> list[Route]:
    """One route per path. Raises ConfigurationError when contract and endpoints do not match one to one."""
    missing = sorted(contract.operations.keys() - endpoints.keys())
    unknown = sorted(endpoints.keys() - contract.operations.keys())
    if missing or unknown:
        raise ConfigurationError(
            f"contracts/openapi.yaml and the API do not match: operations without an endpoint: {missing or 'none'}; "
            f"endpoints without an operation: {unknown or 'none'}"
        )
    by_path: dict[str, dict[str, _Bound]] = {}
    for operation in contract.operations.values():
        bound = _Bound(operation, endpoints[operation.id], binding)
        by_path.setdefault(operation.path, {})[operation.method] = bound
    return [_route(path, by_path[path]) for path in _static_first(by_path)]


def _static_first(paths: Iterable[str]) -> list[str]:
    """The paths, `/api/image-jobs/stats` before `/api/image-jobs/{id}`: the first match wins."""
    return sorted(paths, key=lambda path: ("{" in path, path))


def _route(path: str, by_method: Mapping[str, "_Bound"]) -> Route:
    async def dispatch(request: Request) -> Response:
        return await by_method["GET" if request.method == "HEAD" else request.method](request)

    return _OnlyRoute(path, dispatch, methods=list(by_method))


class _OnlyRoute(Route):
    """The only route of its path: `DELETE /api/image-jobs/stats` is 405, not a deletion of the job `stats`."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        match, child_scope = super().matches(scope)
        return Match.FULL if match is Match.PARTIAL else match, child_scope


@dataclass(frozen=True, slots=True)
class _Bound:
    operation: Operation
    endpoint: Endpoint
    binding: Binding

    async def __call__(self, request: Request) -> Response:
        started = time.perf_counter()
        try:
            response = await self._answer(request)
        except ClientDisconnect:
            logger.info("%s: the client disconnected before its request was complete", self.operation.id)
            message = "The client disconnected before its request was complete."
            response = error_response(ApiError(400, "client_disconnected", message))
        except Exception as error:  # noqa: BLE001 - every error becomes the contract's answer
            response = error_response(as_api_error(error))
        self.binding.observe(self.operation.id, response.status_code, time.perf_counter() - started)
        return self._checked(response) if self.binding.validate_responses else response

    async def _answer(self, request: Request) -> Response:
        self.binding.authentication.check(self.operation, request.headers)
        params = read_params(self.operation, request)
        body = self.operation.body
        if body is None:
            return await self._run(Call(params))
        check_content_type(body, request)
        if body.content_type == JSON:
            return await self._run(Call(params, json=await read_json(body, request, self.binding.limits.patience)))
        parts = await read_multipart(body, request, self.binding.limits)
        try:
            return await self._run(Call(params, form=to_form(body, parts)))
        finally:
            await parts.close()

    async def _run(self, call: Call) -> Response:
        return _to_response(await self.binding.lanes.run(self.endpoint, call))

    def _checked(self, response: Response) -> Response:
        """The response, or 500 if it breaks the contract. Used with VALIDATE_RESPONSES, in development and tests."""
        content_type = response.headers.get("content-type", "")
        body = json.loads(bytes(response.body)) if content_type.startswith(JSON) else bytes(response.body).decode()
        problems = self.operation.response_violations(response.status_code, content_type, response.headers, body)
        if not problems:
            return response
        answer = f"The answer of {self.operation.id} with status {response.status_code} breaks the contract"
        logger.error("%s: %s", answer, problems)
        return error_response(ApiError(500, "contract_violation", f"{answer}.", problems))


def _to_response(reply: Reply) -> Response:
    if reply.raw is not None:
        return Response(reply.raw, reply.status, dict(reply.headers), media_type=reply.content_type)
    answer = {"success": True, "data": reply.data}
    if reply.message:
        answer["message"] = reply.message
    if reply.cursor:
        answer["cursor"] = reply.cursor
    text = json.dumps(answer, ensure_ascii=False, separators=(",", ":"))
    return Response(text.encode(), reply.status, dict(reply.headers), media_type=JSON)
