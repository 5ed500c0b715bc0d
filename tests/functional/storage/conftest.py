"""The S3 services that the tests run over."""

from servers.fixtures import minio, moto  # noqa: F401 - fixtures, found by their names
