"""The S3 services that the tests use."""

from servers.fixtures import minio, moto  # noqa: F401 - fixtures, found by their names
