"""The storage from settings."""

from imagejobs.settings.settings import Settings
from imagejobs.storage.filesystem import FilesystemStorage
from imagejobs.storage.object_storage import ObjectStorage
from imagejobs.storage.s3 import S3Storage
from imagejobs.storage.signing_key import load_signing_key


def open_storage(settings: Settings) -> ObjectStorage:
    """The storage that STORAGE names. It connects at the first call.

    Raises ConfigurationError if R2_ENDPOINT, R2_BUCKET or R2_REGION is invalid, or if DATA_DIR cannot be used.
    """
    if settings.storage == "filesystem":
        return FilesystemStorage(
            root=settings.data_dir / "objects",
            public_base_url=settings.public_base_url,
            signing_key=load_signing_key(settings.data_dir / "signing.key"),
        )
    return S3Storage(
        endpoint=settings.r2_endpoint,
        access_key_id=settings.r2_access_key_id,
        secret_access_key=settings.r2_secret_access_key.get_secret_value(),
        bucket=settings.r2_bucket,
        public_base_url=settings.r2_public_url,
        region=settings.r2_region,
        proxy=settings.r2_proxy,
    )
