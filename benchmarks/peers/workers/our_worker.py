"""This project's worker, except that each conversion takes JOB_SECONDS longer: `dramatiq our_worker`."""

from dramatiq.middleware import CurrentMessage
from imagejobs.conversion.options import Options
from imagejobs.conversion.sandbox.pool import Converter
from imagejobs.conversion.sandbox.result import Result
from sleeping import work

_convert = Converter.convert


def _convert_and_sleep(converter: Converter, source: bytes, options: Options) -> Result:
    result = _convert(converter, source, options)
    message = CurrentMessage.get_current_message()
    assert message
    work(message.kwargs["image_job_id"])
    return result


Converter.convert = _convert_and_sleep  # type: ignore[method-assign, assignment]

from imagejobs.worker.app import broker  # noqa: E402, F401 - must come last: it binds the patched converter on import
