"""What the web server loads: `granian --interface wsgi --factory api.server:app_factory`."""

import os

from flask import Flask

from api.app import create_app
from common import logs
from common.settings import load
from wiring import Services


def app_factory() -> Flask:
    """The application over the environment's settings."""
    settings = load(os.environ)
    logs.configure(settings.log_level)
    return create_app(Services(settings))
