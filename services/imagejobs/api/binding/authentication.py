"""Checks tokens: the contract names the schemes of each operation, and the settings have the tokens of each scheme."""

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from starlette.datastructures import Headers

from imagejobs.api.binding.errors import ApiError
from imagejobs.contract.operations import Operation
from imagejobs.settings.settings import Settings

BEARER = "bearerAuth"
WORKER = "workerToken"


@dataclass(frozen=True, slots=True)
class Authentication:
    """The tokens of each scheme. An operation is open to everybody if one of its schemes has no tokens."""

    tokens: Mapping[str, Sequence[str]]

    @classmethod
    def of(cls, settings: Settings) -> "Authentication":
        """The schemes of the contract with the tokens of the settings."""
        tokens = {BEARER: settings.api_tokens, WORKER: settings.worker_tokens}
        return cls({name: [each.get_secret_value() for each in secrets] for name, secrets in tokens.items()})

    def is_open(self) -> bool:
        """Whether a scheme has no tokens, so that the operations which take it are open."""
        return not all(self.tokens.values())

    def check(self, operation: Operation, headers: Headers) -> None:
        """Raise ApiError 401 unless the caller may use the operation, or 403 if the token is of another scheme."""
        schemes = [scheme for alternative in operation.security for scheme in alternative]
        if not schemes or any(not self.tokens[scheme] for scheme in schemes):
            return
        given = _given_tokens(headers)
        if any(_is_known(given.get(scheme), self.tokens[scheme]) for scheme in schemes):
            return
        if any(_is_known(token, self.tokens[scheme]) for scheme, token in given.items()):
            raise ApiError(403, "wrong_token", f"This token is not for {operation.id}; send {_hints(schemes)}.")
        challenge = 'Bearer realm="image-jobs"' if BEARER in schemes else 'X-Worker-Token realm="image-jobs"'
        problem = "The token is not known" if given else "A token is missing"
        raise ApiError(
            401,
            "unauthorized",
            f"{problem}: send {_hints(schemes)}.",
            headers={"WWW-Authenticate": challenge},
        )


_HINTS = {BEARER: "Authorization: Bearer with one of API_TOKENS", WORKER: "X-Worker-Token with one of WORKER_TOKENS"}


def _hints(schemes: Sequence[str]) -> str:
    return " or ".join(_HINTS[scheme] for scheme in schemes)


def _given_tokens(headers: Headers) -> dict[str, str]:
    given = {}
    scheme, _, credentials = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and credentials.strip():
        given[BEARER] = credentials.strip()
    if worker_token := headers.get("x-worker-token"):
        given[WORKER] = worker_token
    return given


def _is_known(token: str | None, known: Sequence[str]) -> bool:
    """Whether the token is known. The comparison takes constant time, so the time of the answer reveals nothing."""
    if token is None:
        return False
    return sum(hmac.compare_digest(token.encode(), each.encode()) for each in known) > 0
