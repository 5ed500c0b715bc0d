"""Downloads a result from its public address."""

import time

import httpx2
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt
from tenacity.wait import wait_random_exponential

from imagejobs.settings.proxies import proxy_to, through

CONNECT_SECONDS = 3.0
READ_SECONDS = 15.0
TOTAL_SECONDS = 120.0
MAX_TRIES = 4
MAX_REDIRECTS = 5


class DownloadFailed(Exception):
    """The object could not be downloaded; the message says why."""


class _TryAgain(DownloadFailed):
    pass


def download(url: str, max_bytes: int, proxy: str = "") -> bytes:
    """The bytes of the object at a public address, at most `max_bytes`. Raises DownloadFailed after MAX_TRIES tries.

    The request goes through `proxy` if that is set and the address is not on this machine.
    """
    retrying = Retrying(
        retry=retry_if_exception_type(_TryAgain),
        stop=stop_after_attempt(MAX_TRIES),
        wait=wait_random_exponential(multiplier=0.2, max=5),
        reraise=True,
    )
    return retrying(_once, url, max_bytes, proxy_to(url, proxy))


def _once(url: str, max_bytes: int, proxy: str) -> bytes:
    deadline = time.monotonic() + TOTAL_SECONDS
    content = bytearray()
    timeout = httpx2.Timeout(READ_SECONDS, connect=CONNECT_SECONDS)
    try:
        with (
            httpx2.Client(
                timeout=timeout,
                transport=httpx2.HTTPTransport(proxy=proxy or None),  # an explicit transport ignores HTTP_PROXY
                follow_redirects=True,
                max_redirects=MAX_REDIRECTS,
            ) as client,
            client.stream("GET", url) as response,
        ):
            if response.is_server_error:
                raise _TryAgain(f"{url}{through(proxy)} answered {response.status_code}")
            if not response.is_success:
                raise DownloadFailed(f"{url}{through(proxy)} answered {response.status_code}")
            for piece in response.iter_bytes():
                content += piece
                if len(content) > max_bytes:
                    raise DownloadFailed(f"{url} has more than {max_bytes} bytes")
                if time.monotonic() > deadline:
                    raise _TryAgain(f"{url} did not end within {TOTAL_SECONDS:g} s")
    except httpx2.RequestError as error:
        raise _TryAgain(f"{url}{through(proxy)}: {error!r}") from error
    except httpx2.InvalidURL as error:
        raise DownloadFailed(f"{url}: {error}") from error
    return bytes(content)
