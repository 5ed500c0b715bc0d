"""Services that speak S3, for the tests: moto in this process, MinIO as a process or in a container."""

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
    """An S3 service, and keys that it takes."""

    endpoint: str
    access_key: str = "access"
    secret_key: str = "secret"

    def storage(self, bucket: str, secret_key: str = "", access_key: str = "") -> S3Storage:
        """A storage of this service; its public addresses are the service's own."""
        return S3Storage(
            self.endpoint,
            access_key or self.access_key,
            secret_key or self.secret_key,
            bucket,
            f"{self.endpoint}/{bucket}",
            REGION,
        )

    def make_bucket(self, bucket: str, public_prefix: str = "") -> None:
        """Make the bucket unless it is there; everybody may read what lies under the prefix, and list nothing."""
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
        """The same service, with a bucket that everybody may read and that has no objects."""
        self.make_bucket(bucket)
        self.empty_bucket(bucket)
        return self

    def empty_bucket(self, bucket: str) -> None:
        """Remove every object."""
        client = self.storage(bucket)._client
        for each in client.list_objects(bucket, recursive=True):
            client.remove_object(bucket, each.object_name or "")


@contextmanager
def moto_service() -> Iterator[S3Service]:
    """moto's server: it checks neither credentials nor policies unless told to."""
    server = ThreadedMotoServer(ip_address=LOOPBACK, port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield S3Service(f"http://{host}:{port}")
    finally:
        server.stop()


@contextmanager
def minio_service() -> Iterator[S3Service]:
    """The program minio on PATH, else MinIO in a container; without both the test is skipped."""
    keys = (MinioServer.ACCESS_KEY, MinioServer.SECRET_KEY)
    if shutil.which("minio"):
        with minio_server() as server:
            yield S3Service(server.endpoint, *keys)
    else:
        with minio_container(*keys) as started:
            yield S3Service(f"http://{LOOPBACK}:{started.port}", *keys)
