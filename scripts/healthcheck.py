"""The image's HEALTHCHECK: exits with 0 if the API of this container answers at the address that it listens on.

It uses only the standard library, because it runs every few seconds. It connects directly: urllib would use the
HTTP_PROXY that Docker sets in containers, and a proxy cannot reach this container's loopback interface.
"""

import http.client
import os
import sys

SECONDS = 4
ANY_ADDRESS = {"0.0.0.0": ["127.0.0.1"], "::": ["::1", "127.0.0.1"]}  # noqa: S104 - compared, not bound
"""The addresses at which a server on all addresses answers; the second for `::` serves a kernel without IPv6."""


def main() -> int:
    """Return 0 if GET /healthz answers 200. Otherwise print the reason and return 1."""
    host = os.environ.get("API_HOST") or "127.0.0.1"
    port = int(os.environ.get("API_PORT") or 3000)
    problems = [_problem(each, port) for each in ANY_ADDRESS.get(host, [host])]
    if all(problems):
        sys.stderr.write(f"the API is not healthy: {'; '.join(map(str, problems))}\n")
        return 1
    return 0


def _problem(host: str, port: int) -> str | None:
    connection = http.client.HTTPConnection(host, port, timeout=SECONDS)
    try:
        connection.request("GET", "/healthz")
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        return f"{host} port {port}: {error}"
    finally:
        connection.close()
    return None if status == http.HTTPStatus.OK else f"{host} port {port} answered {status}"


if __name__ == "__main__":
    sys.exit(main())
