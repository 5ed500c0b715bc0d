"""The bucket, or the directory of the filesystem storage."""

import io
import secrets

from imagejobs.cli.checks import Deployment
from imagejobs.errors import ConfigurationError


def check_storage(deployment: Deployment) -> str:
    """Write, read and delete a small object, as the API and the worker will."""
    from imagejobs.storage.opening import open_storage

    settings = deployment.settings
    storage = open_storage(settings)
    written = []
    for prefix in ("raw/", settings.output_prefix):
        key, data = f"{prefix}doctor-{secrets.token_hex(6)}.txt", b"image-jobs doctor"
        storage.put(key, io.BytesIO(data), len(data), "text/plain")
        try:
            if storage.get(key, len(data)) != data:
                raise ConfigurationError(f"storage answered other bytes than were written to {key}")
        finally:
            storage.delete(key)
        written.append(prefix)
    return f"{settings.storage}: wrote, read and deleted under {' and '.join(written)}"
