"""The worker as it is, with a witness: it writes down deliveries, finished conversions, accepted results, and tries to
acknowledge a message.

`dramatiq faults.observed_worker` in place of `dramatiq imagejobs.worker.app`. WITNESS names a directory: each line of
its file `seen` is one observation, and a file `deadly.<sha256>` there makes the source of this hash end its worker
process, as often as it comes, after a while of work: the way it goes when a container runs out of memory. A file
`slow.<sha256>` makes its conversion take longer.
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
"""Enough for the other threads of the process to have jobs of their own in their hands."""
SLOW_SECONDS = 3.0
"""Enough to be still at work when another job of the process kills it."""

_convert = Converter.convert
_complete = JobsApi.complete
_file = os.open(WITNESS / "seen", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)


def _saw(*words: object) -> None:
    os.write(_file, f"{' '.join(map(str, words))}\n".encode())


class Deliveries(Middleware):
    """Each worker process that is ready, each message that is begun, and each try to acknowledge one."""

    def after_worker_boot(self, broker: Broker, worker: Worker) -> None:  # noqa: ARG002 - its signature
        _saw("ready", os.getpid())

    def before_process_message(self, broker: Broker, message: MessageProxy) -> None:  # noqa: ARG002 - its signature
        _saw("delivery", message.kwargs.get("image_job_id", "?"))

    def before_ack(self, broker: Broker, message: MessageProxy) -> None:  # noqa: ARG002 - its signature
        _saw("ack", message.kwargs.get("image_job_id", "?"))


def convert(self: Converter, source: bytes, options: Options) -> Result:
    """Convert, and say that it is done."""
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
    """Report a result, and say that it was accepted."""
    _complete(self, claim, *rest, **named)
    _saw("accepted", claim.job_id, claim.attempt)


Converter.convert = convert  # type: ignore[method-assign]
JobsApi.complete = complete  # type: ignore[method-assign]

from imagejobs.worker.app import broker  # noqa: E402 - it takes what it uses at its import

broker.add_middleware(Deliveries())
