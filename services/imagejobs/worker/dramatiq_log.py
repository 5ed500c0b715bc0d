"""Filters Dramatiq's log: while Redis is unavailable, each of its threads logs the same error every few seconds."""

import logging

from dramatiq.errors import BrokerConnectionError

RESTARTING = "Restarting consumer in"


def quieten_dramatiq() -> None:
    """Add the filter to the root logger's handlers; call it after logging is set up.

    The outage itself is still logged: the broker's client reports it to imagejobs.connections.outages.
    """
    for handler in logging.getLogger().handlers:
        handler.addFilter(is_news)


def is_news(record: logging.LogRecord) -> bool:
    """Whether a record is anything else than Dramatiq's report of a failed connection to Redis."""
    if not record.name.startswith("dramatiq."):
        return True
    about = [*(record.args if isinstance(record.args, tuple) else ()), *(record.exc_info or ())]
    is_outage = any(isinstance(each, BrokerConnectionError) for each in about)
    return not (is_outage or str(record.msg).startswith(RESTARTING))
