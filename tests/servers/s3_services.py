"""Services that speak S3: moto in the test's process, MinIO as a child process or in a container."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Self

from imagejobs.storage.s3 import S3Storage
from moto.server import ThreadedMotoServer
from servers.containers import LOOPBACK, minio_container
from servers.processes import MinioServer, minio_server

REGION = "us-east-1"


@dataclass(frozen=True)
class S3Service:
    """An S3 service, and credentials that it accepts."""

    endpoint: str
    access_key: str = "access"
    secret_key: str = "secret"

    def storage(self, bucket: str, secret_key: str = "", access_key: str = "") -> S3Storage:
        """An S3Storage of a bucket of this service; its public URLs lead to the service itself."""
        return S3Storage(
            self.endpoint,
            access_key or self.access_key,
            secret_key or self.secret_key,
            bucket,
            f"{self.endpoint}/{bucket}",
            REGION,
        )

    def make_bucket(self, bucket: str, public_prefix: str = "") -> None:
        """Create the bucket if it does not exist. Anyone may read objects under the prefix; no one may list them."""
        client = self.storage(bucket)._client
        if client.bucket_exists(bucket):
            return
        client.make_bucket(bucket)
        statement = {
            "Effect": "Allow",
            "Principal": {"AWS": ["*"]},
            "Action": ["s3:GetObject"],
            "Resource": [f"arn:aws:s3:::{bucket}/{public_prefix}*"],
        }
        client.set_bucket_policy(bucket, json.dumps({"Version": "2012-10-17", "Statement": [statement]}))

    def with_empty_bucket(self, bucket: str) -> Self:
        """Create or empty this bucket, whose objects anyone may read; returns the service."""
        self.make_bucket(bucket)
        self.empty_bucket(bucket)
        return self

    def empty_bucket(self, bucket: str) -> None:
        """Delete all objects in the bucket."""
        client = self.storage(bucket)._client
        for each in client.list_objects(bucket, recursive=True):
            client.remove_object(bucket, each.object_name or "")


@contextmanager
def moto_service() -> Iterator[S3Service]:
    """moto's server. By default it checks neither credentials nor policies."""
    server = ThreadedMotoServer(ip_address=LOOPBACK, port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield S3Service(f"http://{host}:{port}")
    finally:
        server.stop()


@contextmanager
def minio_service() -> Iterator[S3Service]:
    """MinIO: the program on PATH, else in a container. Skips the test if neither is available."""
    keys = (MinioServer.ACCESS_KEY, MinioServer.SECRET_KEY)
    if shutil.which("minio"):
        with minio_server() as server:
            yield S3Service(server.endpoint, *keys)
    else:
        with minio_container(*keys) as started:
            yield S3Service(f"http://{LOOPBACK}:{started.port}", *keys)
