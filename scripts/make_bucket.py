"""Creates the bucket of the settings on a local S3 server such as MinIO, and makes only OUTPUT_PREFIX public.

It is for compose.yaml and tests. On R2 and AWS, create buckets with their own tools: see docs/guides/deployment.md.
"""

import json
import logging
import sys
import time
from urllib.parse import urlsplit

from imagejobs.errors import ConfigurationError
from imagejobs.runtime.logs import set_up_logging
from imagejobs.settings.proxies import proxy_to
from imagejobs.settings.settings import Settings, load_settings
from imagejobs.storage.s3_connections import connection_pool
from minio import Minio
from minio.error import MinioException, S3Error
from urllib3.exceptions import HTTPError

logger = logging.getLogger("make_bucket")

START_SECONDS = 60.0
RETRY_SECONDS = 0.5


def main() -> int:
    """Return 0 when the bucket exists, or 1 if the settings are wrong or no server answers within START_SECONDS."""
    try:
        settings = load_settings(storage="s3")
    except ConfigurationError as mistakes:
        sys.stderr.write(f"make_bucket: the settings are wrong:\n{mistakes}\n")
        return 1
    set_up_logging(settings.log_level)
    deadline = time.monotonic() + START_SECONDS
    while problem := _try(settings):
        if time.monotonic() > deadline:
            logger.error(
                "bucket %s could not be created at %s within %.0f s: %s. Check that the server runs, and that "
                "R2_ENDPOINT, R2_ACCESS_KEY_ID and R2_SECRET_ACCESS_KEY are right.",
                settings.r2_bucket,
                settings.r2_endpoint,
                START_SECONDS,
                problem,
            )
            return 1
        time.sleep(RETRY_SECONDS)
    logger.info("bucket %s exists; the objects under %s are public", settings.r2_bucket, settings.output_prefix)
    return 0


def public_read_policy(bucket: str, prefix: str) -> str:
    """A bucket policy under which everybody may GET the objects under `prefix`, and nobody may list them."""
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": ["*"]},
        "Action": ["s3:GetObject"],
        "Resource": [f"arn:aws:s3:::{bucket}/{prefix}*"],
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _try(settings: Settings) -> Exception | None:
    address = urlsplit(settings.r2_endpoint)
    client = Minio(
        address.netloc,
        access_key=settings.r2_access_key_id,
        secret_key=settings.r2_secret_access_key.get_secret_value(),
        secure=address.scheme == "https",
        region=settings.r2_region,
        http_client=connection_pool(proxy_to(settings.r2_endpoint, settings.r2_proxy)),
    )
    try:
        if not client.bucket_exists(settings.r2_bucket):
            _make(client, settings)
        client.set_bucket_policy(settings.r2_bucket, public_read_policy(settings.r2_bucket, settings.output_prefix))
    except (MinioException, HTTPError) as error:
        return error
    return None


def _make(client: Minio, settings: Settings) -> None:
    try:
        client.make_bucket(settings.r2_bucket)
    except S3Error as error:
        if error.code != "BucketAlreadyOwnedByYou":
            raise


if __name__ == "__main__":
    sys.exit(main())
