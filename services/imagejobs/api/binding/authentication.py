"""Who calls: the contract says which schemes an operation takes, the settings which tokens they have."""

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
    """The tokens of each scheme; a scheme without tokens is open to everybody."""

    tokens: Mapping[str, Sequence[str]]

    @classmethod
    def of(cls, settings: Settings) -> "Authentication":
        """The schemes of the contract with the tokens of the settings."""
        tokens = {BEARER: settings.api_tokens, WORKER: settings.worker_tokens}
        return cls({name: [each.get_secret_value() for each in secrets] for name, secrets in tokens.items()})

    def is_open(self) -> bool:
        """Whether some operation that should be protected is not."""
        return not all(self.tokens.values())

    def check(self, operation: Operation, headers: Headers) -> None:
        """Return if the caller may do this; else raise ApiError 401, or 403 for a token of the other kind."""
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
    """Compare with every known token, in constant time, so that the answer's time tells nothing."""
    if token is None:
        return False
    return sum(hmac.compare_digest(token.encode(), each.encode()) for each in known) > 0
