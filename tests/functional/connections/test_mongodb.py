import pytest
from imagejobs.connections.mongodb import Database
from imagejobs.embedded.services.mongodb import mongodb_uri
from imagejobs.embedded.services.ports import free_port
from imagejobs.errors import DatabaseUnavailable
from imagejobs.jobs.records.mongo import MongoImageJobRepository


def test_no_caller_waits_longer_for_a_connection_than_for_a_server() -> None:
    database = Database(mongodb_uri(free_port()), selection_timeout_ms=50)
    try:
        options = database._client.options
        assert options.pool_options.wait_queue_timeout == options.server_selection_timeout == 0.05
        with pytest.raises(DatabaseUnavailable):
            MongoImageJobRepository(database).ping()
    finally:
        database.close()
