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
"""How long the server may neither send nor accept a byte."""
SEND_SECONDS = 120.0
"""For sending a whole body."""
SENT_AT_ONCE = 256 * 1024
RETRIES = 2
BACKOFF_SECONDS = 0.2
MAX_CONNECTIONS = 32


def connection_pool(proxy: str = "") -> urllib3.PoolManager:
    """A connection pool for minio-py, whose own pool waits 300 s and tries six times.

    Certificates are checked against SSL_CERT_FILE, or certifi's without it. All requests go through `proxy` if one is
    given; HTTP_PROXY and similar variables are not read.
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
            respect_retry_after_header=False,  # It has no upper limit; callers have their own backoff.
            raise_on_status=False,  # The last answer has the reason, which MaxRetryError lacks.
            raise_on_redirect=False,  # A signature is valid for one host, so a redirect means a wrong endpoint.
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
    """The user name and the password in the proxy's address, which urllib3 does not read, as a header."""
    user = parse_url(proxy).auth
    return {"Proxy-Authorization": f"Basic {b64encode(unquote_to_bytes(user)).decode()}"} if user else {}


class _Sending:
    """Sends a body in pieces. urllib3 applies the connect timeout to the whole body, too short for 25 MB."""

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
                raise TimeoutError(f"{len(body)} bytes were not sent within {SEND_SECONDS:.0f} s")
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
