"""Logs: one JSON object a line on standard error, with the request's or job's id on each.

Every module logs through the standard library (`log.info("event.name", extra={...})`); this gives it its form.
Nothing personal is logged: no address, no name, no token, no body, and paths only as their templates.
"""

import logging
import sys
from typing import Any

import structlog

# Without the local variables, which hold customers and keys; structlog's own default shows them.
_TRACEBACKS = structlog.processors.ExceptionRenderer(structlog.tracebacks.ExceptionDictTransformer(show_locals=False))
# Anything in a record that is not one of these came in as `extra`.
_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.ExtraAdder(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]
# These tell at INFO what only a person hunting a fault of theirs wants to know; httpx would even tell whole URLs.
_QUIET = ("httpx", "httpx2", "httpcore", "httpcore2", "urllib3", "rq", "flask-limiter", "python_http_client")


def configure(level: str = "INFO") -> None:
    """Send all of this process's logs to standard error as JSON; doing it again changes nothing but the level."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_SHARED,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _TRACEBACKS,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
