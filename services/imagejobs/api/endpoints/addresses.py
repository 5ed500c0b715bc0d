"""The addresses at which a job's objects can be read today, derived from their keys.

Records keep addresses too, for other programs that read the collection. They are as old as the record: another port,
domain or R2_PUBLIC_URL makes them wrong, while the keys stay right.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from imagejobs.jobs.model import ImageJob
from imagejobs.storage.keys import is_raw_key, is_safe_key
from imagejobs.storage.object_storage import ObjectStorage


@dataclass(frozen=True, slots=True)
class Addresses:
    """Addresses in this storage. With `sources_signed_for`, sources are private; their addresses expire after it."""

    storage: ObjectStorage
    sources_signed_for: timedelta | None = None

    def renewed(self, job: ImageJob) -> ImageJob:
        """The job with today's addresses of its source, output and renditions.

        A recorded address stays where no key says where the object is: in records that other programs wrote.
        """
        return replace(
            job,
            source_image_url=self._source(job),
            output_image_url=self._public(job.output_image_key, job.output_image_url),
            renditions=job.renditions and [self._rendition(each) for each in job.renditions],
        )

    def _source(self, job: ImageJob) -> str:
        key = job.source_image_key
        if not self.sources_signed_for:
            return self._public(key, job.source_image_url) or ""
        return self.storage.presigned_url(key, self.sources_signed_for) if is_raw_key(key) else job.source_image_url

    def _rendition(self, rendition: Mapping[str, Any]) -> Mapping[str, Any]:
        url = self._public(rendition.get("key"), rendition.get("url"))
        return {**rendition, "url": url} if url else rendition

    def _public(self, key: str | None, recorded: str | None) -> str | None:
        return self.storage.public_url(key) if key and is_safe_key(key) else recorded
