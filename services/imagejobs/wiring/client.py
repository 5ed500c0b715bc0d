"""The API client from settings."""

from imagejobs.client.api_client import MAX_TRIES, READ_SECONDS, ApiClient
from imagejobs.settings.settings import ApiAddress


def open_api_client(settings: ApiAddress, *, max_tries: int = MAX_TRIES) -> ApiClient:
    """A client for API_URL with the first of API_TOKENS and the first of WORKER_TOKENS."""
    return ApiClient(
        settings.api_base_url,
        token=settings.api_tokens[0].get_secret_value() if settings.api_tokens else None,
        worker_token=settings.worker_tokens[0].get_secret_value() if settings.worker_tokens else None,
        proxy=settings.api_proxy,
        max_tries=max_tries,
    )


def open_worker_client(
    settings: ApiAddress, *, max_tries: int = MAX_TRIES, read_seconds: float = READ_SECONDS
) -> ApiClient:
    """A client for API_URL with the first of WORKER_TOKENS only: a worker does not need the clients' token."""
    tokens = settings.worker_tokens
    return ApiClient(
        settings.api_base_url,
        worker_token=tokens[0].get_secret_value() if tokens else None,
        proxy=settings.api_proxy,
        max_tries=max_tries,
        read_seconds=read_seconds,
    )
