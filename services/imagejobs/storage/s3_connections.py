"""HTTP connections to an S3 service: bounded in time and in attempts."""

import os

import certifi
import urllib3

CONNECT_SECONDS = 5.0
READ_SECONDS = 30.0
RETRIES = 2
BACKOFF_SECONDS = 0.2
MAX_CONNECTIONS = 32


def connection_pool() -> urllib3.PoolManager:
    """A pool for minio-py, whose own waits 300 s and tries six times. Certificates: SSL_CERT_FILE, else certifi's."""
    return urllib3.PoolManager(
        maxsize=MAX_CONNECTIONS,
        timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS),
        cert_reqs="CERT_REQUIRED",
        ca_certs=os.environ.get("SSL_CERT_FILE") or certifi.where(),
        retries=urllib3.Retry(
            total=RETRIES,
            redirect=0,
            backoff_factor=BACKOFF_SECONDS,
            backoff_jitter=BACKOFF_SECONDS,
            status_forcelist=(429, 500, 502, 503, 504),
            respect_retry_after_header=False,  # The server's wish has no upper limit; callers have their own backoff.
            raise_on_status=False,  # The last answer says why; MaxRetryError would not.
            raise_on_redirect=False,  # A signature is good for one host: a redirect is a wrong endpoint, not a way.
        ),
    )
