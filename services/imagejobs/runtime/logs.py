"""The log of every process: one line per record on standard error, with the time in UTC."""

import logging
import time

QUIET = ("uvicorn.access", "httpx2", "httpcore2", "urllib3", "pymongo", "asyncio", "dramatiq.middleware.retries")


def set_up_logging(level: str) -> None:
    """Set up the root logger; call this once per process. Loggers that log every request start at WARNING."""
    formatter = logging.Formatter("%(asctime)s.%(msecs)03dZ %(levelname)s %(name)s: %(message)s", "%Y-%m-%dT%H:%M:%S")
    formatter.converter = time.gmtime
    handler = logging.StreamHandler()
    handler.setFormatter(formatter)
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
