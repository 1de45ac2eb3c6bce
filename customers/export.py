"""All that is held of a person, for that person: section by section, without internals and without other people."""

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from common.errors import NotFound
from customers.consent import Suppressions
from customers.customer import Customer
from customers.identity import Traces

Section = tuple[str, Iterator[dict[str, Any]]]
# What an address can be suppressed for; "all" is told with each.
PURPOSES = ("marketing", "service", "transactional")


class Known(Protocol):
    """The customers' own records."""

    def get(self, ids: Sequence[str]) -> dict[str, Customer]:
        """Those of these customers that exist, by id."""
        ...


class Exporter:
    """Tells all that is held of a person."""

    def __init__(self, records: Known, traces: Traces, suppressions: Suppressions) -> None:
        self._records = records
        self._traces = traces
        self._suppressions = suppressions

    def sections(self, customer: str) -> Iterator[Section]:
        """The sections, each to be read before the next one is asked for; raises NotFound at once."""
        known = self._records.get([customer]).get(customer)
        if known is None:
            raise NotFound("customer", customer)
        return self._sections(known)

    def _sections(self, customer: Customer) -> Iterator[Section]:
        yield from self._traces.told(customer.id)
        yield "suppressions", self._suppressed(customer)

    def _suppressed(self, customer: Customer) -> Iterator[dict[str, Any]]:
        for channel, addresses in customer.addresses.items():
            for purpose in PURPOSES:
                found = self._suppressions.among(channel, addresses, purpose)
                for address, reason in sorted(found.items()):
                    yield {"channel": channel, "address": address, "purpose": purpose, "reason": reason}
