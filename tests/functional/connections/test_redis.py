"""Connections to a real Redis, with every kind of address that the settings accept."""

import pytest
from imagejobs.connections.redis import redis_client
from servers.processes import redis_server


@pytest.mark.parametrize("scheme", ["redis", "unix"])
def test_every_kind_of_address_leads_to_the_server(scheme: str) -> None:
    with redis_server() as server:
        uri = server.uri if scheme == "redis" else f"unix://{server.socket}"
        with redis_client(uri, socket_timeout=5) as client:
            assert client.ping()
