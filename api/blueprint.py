"""A resource's blueprint: flask-smorest's with types, so that a decorated view keeps its own."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import flask_smorest
from marshmallow import Schema

View = TypeVar("View", bound=Callable[..., Any])
Kind = TypeVar("Kind")
Shape = Schema | type[Schema] | dict[str, Any]


class Blueprint(flask_smorest.Blueprint):  # type: ignore[misc]  # ships no types
    """Routes of one resource, with what they take and give; see flask-smorest for the settings of each decorator."""

    def route(self, rule: str, **settings: Any) -> Callable[[Kind], Kind]:
        """Answer this path with a MethodView or a function."""
        decorate: Callable[[Kind], Kind] = super().route(rule, **settings)
        return decorate

    def arguments(self, schema: Shape, *, location: str = "json", **settings: Any) -> Callable[[View], View]:
        """Pass the view what the body (or `location="query"`) holds, checked."""
        # Made once: of a class, one would be made with each request, which takes longer than to check a body by it.
        made = schema() if isinstance(schema, type) else schema
        decorate: Callable[[View], View] = super().arguments(made, location=location, **settings)
        return decorate

    def response(self, status: int, schema: Shape | None = None, **settings: Any) -> Callable[[View], View]:
        """Turn what the view returns into the answer."""
        decorate: Callable[[View], View] = super().response(status, schema, **settings)
        return decorate

    def alt_response(self, status: int, response: str | None = None, **settings: Any) -> Callable[[View], View]:
        """Describe another answer in the document."""
        decorate: Callable[[View], View] = super().alt_response(status, response, **settings)
        return decorate

    @staticmethod
    def doc(**members: Mapping[str, Any] | Any) -> Callable[[View], View]:
        """Say something more about the view in the document."""
        decorate: Callable[[View], View] = flask_smorest.Blueprint.doc(**members)
        return decorate
