"""Providers: their terms and their health."""

from datetime import timedelta
from typing import Any

import msgspec
from flask.views import MethodView

from api.auth import scope
from api.blueprint import Blueprint
from api.context import services
from api.etags import etag_headers, expected_version, versioned
from api.schemas.providers import ProviderSchema, ProvidersSchema, ProviderTermsSchema
from messaging.channel import Provider
from messaging.desk import Terms

blueprint = Blueprint("providers", __name__, url_prefix="/v1/providers", description="Who carries messages, and how.")

LATELY = timedelta(hours=1)


@blueprint.route("")
class ProviderList(MethodView):
    """All providers."""

    @scope("read")
    @blueprint.response(200, ProvidersSchema)
    def get(self) -> dict[str, Any]:
        """List the providers there are, by channel, with their terms and how they did in the last hour."""
        return {"data": [shown(provider) for provider in services().providers.every()]}


@blueprint.route("/<provider_name>")
class ProviderItem(MethodView):
    """One provider."""

    @scope("read")
    @versioned
    @blueprint.response(200, ProviderSchema)
    def get(self, provider_name: str) -> tuple[dict[str, Any], dict[str, str]]:
        """Read a provider's terms, and how it did in the last hour."""
        found = shown(services().providers.by_name(provider_name))
        return found, etag_headers(found["version"])

    @scope("admin")
    @versioned
    @blueprint.arguments(ProviderTermsSchema)
    @blueprint.response(200, ProviderSchema)
    def put(self, body: dict[str, Any], provider_name: str) -> tuple[dict[str, Any], dict[str, str]]:
        """Set on which terms a provider is used, whole; what is handed over from now on keeps to them."""
        provider = services().providers.by_name(provider_name)
        services().provider_book.put(Terms(id=provider.name, **body), expected_version())
        found = shown(provider)
        return found, etag_headers(found["version"])


def shown(provider: Provider) -> dict[str, Any]:
    """A provider as the API shows it."""
    made, name = services(), provider.name
    now = made.clock.now()
    terms = made.provider_book.terms([name])[name]
    tally = made.provider_book.tally(name, now - LATELY)
    breaker = next((one for one in made.breakers.get([name]) if one.tried or not one.over(now)), None)
    return {
        **msgspec.structs.asdict(terms),
        "name": name,
        "channel": provider.channel,
        "configured": provider.configured(),
        "promise": provider.promise(),
        "reports": sorted(provider.reports),
        "breaker": msgspec.structs.asdict(breaker) if breaker else None,
        "lately": {**msgspec.structs.asdict(tally), "seconds": round(tally.seconds / max(1, tally.requests), 3)},
    }
