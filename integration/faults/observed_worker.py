"""The worker, instrumented: it records deliveries, finished conversions, accepted results and acknowledgements.

Run `dramatiq faults.observed_worker` instead of `dramatiq imagejobs.worker.app`. WITNESS names a directory. Each line
of its file `seen` is one observation. A file `deadly.<sha256>` in it makes the source with this hash kill its worker
process on every delivery, after a moment of work, as a container's out-of-memory killer would. A file
`slow.<sha256>` makes the conversion of that source take longer.
"""

import hashlib
import os
import signal
import time
from pathlib import Path
from typing import Any

from dramatiq import Broker, Worker
from dramatiq.broker import MessageProxy
from dramatiq.middleware import Middleware
from imagejobs.conversion.options import Options
from imagejobs.conversion.sandbox.pool import Converter
from imagejobs.conversion.sandbox.result import Result
from imagejobs.worker.job import Claim
from imagejobs.worker.jobs_api import JobsApi

WITNESS = Path(os.environ["WITNESS"])
DYING_SECONDS = 1.0
"""Long enough for the other threads of the process to start jobs of their own."""
SLOW_SECONDS = 3.0
"""Long enough for the job to be still running when another job kills the process."""

_convert = Converter.convert
_complete = JobsApi.complete
_file = os.open(WITNESS / "seen", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)


def _saw(*words: object) -> None:
    os.write(_file, f"{' '.join(map(str, words))}\n".encode())


class Deliveries(Middleware):
    """Records each worker process that is ready, each message that is started, and each try to acknowledge one."""

    def after_worker_boot(self, broker: Broker, worker: Worker) -> None:  # noqa: ARG002 - its signature
        _saw("ready", os.getpid())

    def before_process_message(self, broker: Broker, message: MessageProxy) -> None:  # noqa: ARG002 - its signature
        _saw("delivery", message.kwargs.get("image_job_id", "?"))

    def before_ack(self, broker: Broker, message: MessageProxy) -> None:  # noqa: ARG002 - its signature
        _saw("ack", message.kwargs.get("image_job_id", "?"))


def convert(self: Converter, source: bytes, options: Options) -> Result:
    """Convert, then record that the conversion finished."""
    sha256 = hashlib.sha256(source).hexdigest()
    if (WITNESS / f"deadly.{sha256}").exists():
        _saw("death", sha256)
        time.sleep(DYING_SECONDS)
        os.kill(os.getpid(), signal.SIGKILL)
    if (WITNESS / f"slow.{sha256}").exists():
        time.sleep(SLOW_SECONDS)
    result = _convert(self, source, options)
    _saw("conversion", sha256)
    return result


def complete(self: JobsApi, claim: Claim, *rest: Any, **named: Any) -> None:
    """Report a result, then record that it was accepted."""
    _complete(self, claim, *rest, **named)
    _saw("accepted", claim.job_id, claim.attempt)


Converter.convert = convert  # type: ignore[method-assign]
JobsApi.complete = complete  # type: ignore[method-assign]

from imagejobs.worker.app import broker  # noqa: E402 - must come last: it binds the patched functions on import

broker.add_middleware(Deliveries())
