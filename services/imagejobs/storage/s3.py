"""Objects in a bucket of Cloudflare R2, MinIO, AWS or any other service that speaks S3."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import BinaryIO
from urllib.parse import quote, urlsplit

from minio import Minio
from minio.datatypes import Object
from minio.helpers import MIN_PART_SIZE, check_bucket_name

from imagejobs.errors import ConfigurationError
from imagejobs.settings.proxies import proxy_to, through
from imagejobs.storage.body import read_body
from imagejobs.storage.content_types import content_type_of
from imagejobs.storage.keys import unsafe_key
from imagejobs.storage.object_storage import ObjectInfo, ObjectNotFound, StorageUnavailable
from imagejobs.storage.s3_connections import connection_pool
from imagejobs.storage.s3_download import read_download
from imagejobs.storage.s3_errors import translated_errors


class S3Storage:
    """A bucket at an endpoint (`https://host[:port]`). Thread-safe. Make one in each process, after forks.

    A request is tried three times if the server cannot be reached, closes the connection, or answers 429, 500, 502, 503
    or 504. Every method raises StorageUnavailable if the last try fails, or if the server refuses the credentials.
    """

    def __init__(
        self,
        endpoint: str,
        access_key_id: str,
        secret_access_key: str,
        bucket: str,
        public_base_url: str,
        region: str = "auto",
        proxy: str = "",
    ) -> None:
        """Sends no request. Raises ConfigurationError for an endpoint, bucket or region that is malformed."""
        address = urlsplit(endpoint)
        self._bucket = bucket
        self._public_base_url = public_base_url
        proxy = proxy_to(endpoint, proxy)
        self._place = f"bucket {bucket} at {endpoint}{through(proxy)}"
        try:
            check_bucket_name(bucket, strict=True)
            self._client = Minio(
                address.netloc + address.path,
                access_key=access_key_id,
                secret_key=secret_access_key,
                secure=address.scheme == "https",
                region=region,
                http_client=connection_pool(proxy),
            )
        except ValueError as error:
            raise ConfigurationError(f"R2_ENDPOINT, R2_BUCKET or R2_REGION is wrong: {error}") from error

    def put(self, key: str, data: BinaryIO, size: int, content_type: str, cache_control: str = "") -> None:
        """See ObjectStorage. Sends one PUT. Raises ValueError for a `..` in the key or a body shorter than `size`."""
        if not _is_addressable(key):
            raise unsafe_key(key)
        body = read_body(data, size, key)
        with translated_errors(self._place):
            self._client.put_object(
                self._bucket,
                key,
                BytesIO(body),
                size,
                content_type=content_type,
                metadata={"Cache-Control": cache_control} if cache_control else None,
                part_size=max(size, MIN_PART_SIZE),
            )

    def get(self, key: str, max_bytes: int) -> bytes:
        """See ObjectStorage. Raises StorageUnavailable for a body shorter than announced, since a retry may help."""
        self._check(key)
        with translated_errors(self._place, key):
            response = self._client.get_object(self._bucket, key)
            try:
                return read_download(response, key, max_bytes)
            finally:
                response.close()
                response.release_conn()

    def head(self, key: str) -> ObjectInfo:
        """See ObjectStorage."""
        self._check(key)
        with translated_errors(self._place, key):
            return _describe(self._client.stat_object(self._bucket, key), key)

    def delete(self, key: str) -> None:
        """See ObjectStorage."""
        if _is_addressable(key):
            with translated_errors(self._place):
                self._client.remove_object(self._bucket, key)

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        """See ObjectStorage. S3's listings have no content types, so these follow from the extensions."""
        with (
            translated_errors(self._place),
            closing(self._client.list_objects(self._bucket, prefix, recursive=True)) as found,
        ):
            for each in found:
                yield _describe(each, each.object_name or "")

    def public_url(self, key: str) -> str:
        """See ObjectStorage."""
        return f"{self._public_base_url}/{quote(key)}"

    def presigned_url(self, key: str, expires: timedelta) -> str:
        """See ObjectStorage. Sends no request. Raises ValueError if `expires` is not 1 s to 7 days, S3's limits."""
        return self._client.presigned_get_object(self._bucket, key, expires)

    def ping(self) -> None:
        """See ObjectStorage. Sends a HEAD of the bucket."""
        with translated_errors(self._place):
            if not self._client.bucket_exists(self._bucket):
                raise StorageUnavailable(
                    f"{self._place} does not exist; check R2_BUCKET", f"the bucket {self._bucket} does not exist"
                )

    def _check(self, key: str) -> None:
        if not _is_addressable(key):
            raise ObjectNotFound(f"{key!r} is not the key of an object")


def _is_addressable(key: str) -> bool:
    """Whether the key has no empty or dot segments, which S3 accepts but clients and proxies rewrite in URLs."""
    return bool(key) and not {"", ".", ".."} & set(key.split("/"))


def _describe(found: Object, key: str) -> ObjectInfo:
    modified_at = found.last_modified or datetime.fromtimestamp(0, UTC)
    return ObjectInfo(key, found.size or 0, found.content_type or content_type_of(key), modified_at.astimezone(UTC))
