"""So many requests per API key and no more, counted in Redis; in each process's own memory while Redis is away."""

import time

from flask import Flask, Response, request
from flask_limiter import Limiter, RateLimitExceeded

from api.auth import PREFIX
from api.context import caller, services
from api.problems import problem
from api.settings import ApiSettings


def install(app: Flask) -> None:
    """Count every request under /v1 that has shown a key."""
    with app.app_context():
        settings = services().settings
    rate = settings.section(ApiSettings).rate_limit
    limiter = Limiter(
        lambda: caller().id,
        app=app,
        application_limits=[rate],
        storage_uri=settings.redis_url or "memory://",
        storage_options={"socket_connect_timeout": 1, "socket_timeout": 1} if settings.redis_url else {},
        strategy="fixed-window",
        key_prefix=f"{settings.redis_prefix}-limit",
        in_memory_fallback=[rate],
        in_memory_fallback_enabled=True,
    )
    limiter.request_filter(_not_counted)
    app.register_error_handler(RateLimitExceeded, lambda error: _too_many(limiter))


def _not_counted() -> bool:
    return request.url_rule is None or not request.url_rule.rule.startswith(PREFIX)


def _too_many(limiter: Limiter) -> Response:
    current = limiter.current_limit
    seconds = int(current.reset_at - time.time()) if current else 60
    detail = "This key has made too many requests; wait as long as Retry-After says."
    return problem(429, detail, {"Retry-After": str(max(1, seconds))})
