"""What is told of each request: an id to follow it by, one line in the log, and the figures at /metrics.

Only the path's template is told, never the path: a path can hold a token or the shop's id of a person.
"""

import logging
import os
import re
import time
from collections.abc import Iterable, Mapping

import structlog
from flask import Flask, Response, current_app, g, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from common.ids import new_id

log = logging.getLogger(__name__)

HEADER = "X-Request-Id"
_OTHERS_ID = re.compile(r"[A-Za-z0-9._-]{8,64}\Z")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_EXTENSION = "encore-metrics"


class _Figures:
    """The counters of one application; with several processes prometheus-client keeps them in files that they share."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        labels = ["method", "route", "status"]
        self.requests = Counter("encore_requests", "Requests answered.", labels, registry=self.registry)
        missed = "Codes asked for that are none."
        self.missed = Counter("encore_codes_missed", missed, ["reason"], registry=self.registry)
        self.slowed = Counter("encore_guessers_slowed", "Times a guesser was told to wait.", registry=self.registry)
        self.seconds = Histogram("encore_request_seconds", "Time to an answer.", ["route"], registry=self.registry)

    def text(self) -> bytes:
        """All figures as Prometheus reads them, of all processes where there are several."""
        if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
            return generate_latest(self.registry)
        together = CollectorRegistry()
        MultiProcessCollector(together)  # type: ignore[no-untyped-call]  # ships half its types
        return generate_latest(together)


def install(app: Flask) -> None:
    """Follow every request; must be installed before any other hook."""
    app.extensions[_EXTENSION] = _Figures()
    app.before_request(_begin)
    app.after_request(_end)
    app.teardown_request(_forget)


def metrics(app: Flask, spoilt: Mapping[str, int]) -> Response:
    """The figures as a response; `spoilt` are the webhooks set aside by any process, by provider."""
    figures: _Figures = app.extensions[_EXTENSION]
    return Response(figures.text() + _gauge(spoilt), content_type=CONTENT_TYPE_LATEST)


def _gauge(spoilt: Mapping[str, int]) -> bytes:
    """A figure that is in the database and not in this process."""
    registry = CollectorRegistry()
    registry.register(_Spoilt(spoilt))
    return generate_latest(registry)


class _Spoilt(Collector):
    def __init__(self, spoilt: Mapping[str, int]) -> None:
        self._spoilt = spoilt

    def collect(self) -> Iterable[Metric]:
        """One figure a provider."""
        about = "Webhooks that could not be read or applied and were set aside."
        family = GaugeMetricFamily("encore_webhooks_spoilt", about, labels=["provider"])
        for provider, count in sorted(self._spoilt.items()):
            family.add_metric([provider], count)
        return [family]


def count_missed_code(reason: str, *, slowed: bool) -> None:
    """Somebody asked for a code that is none, and may have been slowed down for it."""
    _of_app().missed.labels(reason).inc()
    if slowed:
        _of_app().slowed.inc()


def _begin() -> None:
    given = request.headers.get(HEADER, "")
    g.request_id = given if _OTHERS_ID.match(given) else new_id()
    g.begun = time.perf_counter()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)


def _end(response: Response) -> Response:
    response.headers[HEADER] = g.request_id
    seconds = time.perf_counter() - g.begun
    route = request.url_rule.rule if request.url_rule else "none"
    method = request.method if request.method in _METHODS else "other"
    figures = _of_app()
    figures.requests.labels(method, route, str(response.status_code)).inc()
    figures.seconds.labels(route).observe(seconds)
    key = g.get("caller")
    told = {"method": method, "route": route, "status": response.status_code, "ms": round(seconds * 1000, 1)}
    log.info("request", extra={**told, "key": key.id if key else ""})
    return response


def _of_app() -> _Figures:
    figures: _Figures = current_app.extensions[_EXTENSION]
    return figures


def _forget(_: BaseException | None) -> None:
    structlog.contextvars.unbind_contextvars("request_id")
