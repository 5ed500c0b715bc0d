"""The check of the tokens: which are set, where they come from, and whether the API accepts them."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from imagejobs.cli.checks import Deployment
from imagejobs.cli.discovery import FoundApi
from imagejobs.client.api_client import ApiClient
from imagejobs.client.errors import ApiRefused, UnexpectedAnswer
from imagejobs.errors import BackingServiceUnavailable, ConfigurationError

NOBODY = "0" * 24
"""An id that no job has."""
TRIALS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "API_TOKENS": ("listImageJobs", {"query": {"limit": 1}}),
    "WORKER_TOKENS": ("updateImageJobStatus", {"path": {"id": NOBODY}, "json": {"status": "PROCESSING"}}),
}
"""A call for each kind of token, which the API refuses without such a token. The calls change nothing."""


def check_tokens(deployment: Deployment) -> str:
    """Check that the API accepts every token that is set, and requires no token of a kind that is not set."""
    settings, api = deployment.settings, deployment.api
    missing = [name for name in TRIALS if name not in api.token_origins]
    if missing and not settings.is_loopback and not settings.allow_unauthenticated:
        raise ConfigurationError(
            f"{' and '.join(missing)} not set, and API_HOST={settings.api_host} is open to the network"
        )
    parts = [f"{name} is from {origin}" for name, origin in api.token_origins.items()]
    parts += [f"{' and '.join(missing)} not set: open to this machine"] if missing else []
    text = "; ".join(parts)
    try:
        refused = [problem for name in TRIALS for problem in _refused(name, api)]
    except (BackingServiceUnavailable, UnexpectedAnswer) as error:
        return f"{text}; not tried: {error}"
    if refused:
        raise ConfigurationError("; ".join(refused))
    return f"{text}; {api.address.shown_api_url} accepts this"


def _refused(name: str, api: FoundApi) -> list[str]:
    where = f"the API at {api.address.shown_api_url}"
    values = [token.get_secret_value() for token in getattr(api.address, name.lower())]
    if not values and _status(name, api, None) == HTTPStatus.UNAUTHORIZED:
        return [f"{name} is not set, but {where} requires one"]
    refusals = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}
    return [
        f"number {number} of {name} (from {api.token_origins[name]}) is refused by {where}: set one that it accepts"
        for number, value in enumerate(values, 1)
        if _status(name, api, value) in refusals
    ]


def _status(name: str, api: FoundApi, token: str | None) -> int:
    """The API's status for the call of this kind with this token.

    Raises UnexpectedAnswer if another program answers.
    """
    operation, sent = TRIALS[name]
    kind = "token" if name == "API_TOKENS" else "worker_token"
    address = api.address
    client = ApiClient(address.api_base_url, max_tries=1, proxy=address.api_proxy, **{kind: token})  # type: ignore[arg-type]  # one of two names
    try:
        client.call(operation, **sent)
    except ApiRefused as error:
        if not error.code:
            raise UnexpectedAnswer(str(error)) from error
        return error.status
    return HTTPStatus.OK
