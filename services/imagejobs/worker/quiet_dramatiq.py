"""Keeps from the log what Dramatiq repeats every few seconds, in each of its threads, while Redis is unavailable."""

import logging

from dramatiq.errors import BrokerConnectionError

RESTARTING = "Restarting consumer in"


def quieten_dramatiq() -> None:
    """To be called once logging is set up. The broker's client reports outages: see imagejobs.connections.outages."""
    for handler in logging.getLogger().handlers:
        handler.addFilter(is_news)


def is_news(record: logging.LogRecord) -> bool:
    """Whether this is anything but one more failure of a connection to the broker."""
    if not record.name.startswith("dramatiq."):
        return True
    about = [*(record.args if isinstance(record.args, tuple) else ()), *(record.exc_info or ())]
    is_outage = any(isinstance(each, BrokerConnectionError) for each in about)
    return not (is_outage or str(record.msg).startswith(RESTARTING))
