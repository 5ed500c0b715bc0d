"""`/media/`: serves the objects of the filesystem storage, as the public address of a bucket does for S3."""

from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.staticfiles import NotModifiedResponse

from imagejobs.api.binding.errors import ApiError, as_api_error, error_response
from imagejobs.storage.filesystem import FilesystemStorage
from imagejobs.storage.keys import RAW_PREFIX, is_safe_key
from imagejobs.storage.object_storage import IMMUTABLE, ObjectNotFound, StorageUnavailable

MAX_UNIX_DIGITS = 12

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "cross-origin",
}


class Media:
    """Serves outputs to everybody, and sources too. With `private_raw`, a source needs a signed address."""

    def __init__(self, storage: FilesystemStorage, output_prefix: str, *, private_raw: bool) -> None:
        self._storage = storage
        self._output_prefix = output_prefix
        self._private_raw = private_raw

    async def serve(self, request: Request) -> Response:
        """GET /media/{key}, ranges and If-None-Match included."""
        key = request.path_params["key"]
        if not self._may_read(key, request):
            return error_response(ApiError(404, "not_found", f"The object {key!r} does not exist or is not public."))
        try:
            content_type = self._storage.head(key).content_type
            path = self._storage.path(key)
            status = path.stat()
        except (ObjectNotFound, FileNotFoundError):
            return error_response(ApiError(404, "not_found", f"The object {key!r} does not exist."))
        except StorageUnavailable as error:
            return error_response(as_api_error(error))
        is_output = key.startswith(self._output_prefix)
        caching = {"Cache-Control": IMMUTABLE if is_output else "private, no-store"}
        response = FileResponse(path, headers=HEADERS | caching, media_type=content_type, stat_result=status)
        return NotModifiedResponse(response.headers) if _has_already(request, response) else response

    def _may_read(self, key: str, request: Request) -> bool:
        if not is_safe_key(key):
            return False
        if key.startswith(self._output_prefix) or (key.startswith(RAW_PREFIX) and not self._private_raw):
            return True
        expires, signature = request.query_params.get("expires", ""), request.query_params.get("signature", "")
        signed = expires.isascii() and expires.isdecimal() and len(expires) < MAX_UNIX_DIGITS
        return signed and self._storage.verify(key, int(expires), signature, int(datetime.now(UTC).timestamp()))


def _has_already(request: Request, response: FileResponse) -> bool:
    """Whether the client has these bytes already (RFC 9110, 13.1.2: If-None-Match ignores whether a tag is weak)."""
    held = {tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")}
    return bool(held & {"*", response.headers["etag"]})
