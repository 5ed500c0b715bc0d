"""An API that accepts a reported output without checking it: `python -m benchmarks.safety.bare_api`."""

from imagejobs.api.main import run
from imagejobs.jobs.model import ImageJob, Output
from imagejobs.jobs.outputs import OutputCheck
from imagejobs.runtime.logs import set_up_logging
from imagejobs.settings.settings import load_settings


def _believe(_check: OutputCheck, _job: ImageJob, _attempt: int | None, _output: Output) -> None:
    """Check neither the key nor the object."""


if __name__ == "__main__":
    OutputCheck.require_accepted = _believe  # type: ignore[method-assign, assignment]  # deliberately no setting
    settings = load_settings()
    set_up_logging(settings.log_level)
    run(settings)
