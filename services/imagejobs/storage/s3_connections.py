"""HTTP connections to an S3 service: bounded in time and in attempts."""

import os
import time
from base64 import b64encode
from typing import Any
from urllib.parse import unquote_to_bytes

import certifi
import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.util import parse_url

CONNECT_SECONDS = 5.0
READ_SECONDS = 30.0
"""Without a byte from the server, or without it taking any."""
SEND_SECONDS = 120.0
"""For all of a body."""
SENT_AT_ONCE = 256 * 1024
RETRIES = 2
BACKOFF_SECONDS = 0.2
MAX_CONNECTIONS = 32


def connection_pool(proxy: str = "") -> urllib3.PoolManager:
    """A pool for minio-py, whose own waits 300 s and tries six times. Certificates: SSL_CERT_FILE, else certifi's.

    All requests go through `proxy` if one is given; HTTP_PROXY and its like are not read.
    """
    options: dict[str, Any] = {
        "maxsize": MAX_CONNECTIONS,
        "timeout": urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS),
        "cert_reqs": "CERT_REQUIRED",
        "ca_certs": os.environ.get("SSL_CERT_FILE") or certifi.where(),
        "retries": urllib3.Retry(
            total=RETRIES,
            redirect=0,
            backoff_factor=BACKOFF_SECONDS,
            backoff_jitter=BACKOFF_SECONDS,
            status_forcelist=(429, 500, 502, 503, 504),
            respect_retry_after_header=False,  # The server's wish has no upper limit; callers have their own backoff.
            raise_on_status=False,  # The last answer says why; MaxRetryError would not.
            raise_on_redirect=False,  # A signature is good for one host: a redirect is a wrong endpoint, not a way.
        ),
    }
    pool = (
        urllib3.ProxyManager(proxy, proxy_headers=_authorization(proxy), **options)
        if proxy
        else urllib3.PoolManager(**options)
    )
    pool.pool_classes_by_scheme = {"http": _PlainPool, "https": _EncryptedPool}
    return pool


def _authorization(proxy: str) -> dict[str, str]:
    """urllib3 does not read user name and password from the proxy's address."""
    user = parse_url(proxy).auth
    return {"Proxy-Authorization": f"Basic {b64encode(unquote_to_bytes(user)).decode()}"} if user else {}


class _Sending:
    """Sends a body in pieces: urllib3 gives all of it the time that connecting may take, too short for 25 MB."""

    sock: Any

    def send(self, data: Any) -> None:
        """See http.client.HTTPConnection. Raises TimeoutError."""
        deadline = time.monotonic() + SEND_SECONDS
        if self.sock is None:
            self.connect()  # type: ignore[attr-defined]
        body = memoryview(data)
        for start in range(0, len(body), SENT_AT_ONCE):
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"not sent within {SEND_SECONDS:.0f} s: {len(body)} bytes")
            self.sock.settimeout(min(READ_SECONDS, left))
            super().send(body[start : start + SENT_AT_ONCE])  # type: ignore[misc]


class _PlainConnection(_Sending, HTTPConnection):
    pass


class _EncryptedConnection(_Sending, HTTPSConnection):
    pass


class _PlainPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _PlainConnection


class _EncryptedPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _EncryptedConnection
