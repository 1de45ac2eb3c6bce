"""Sends real letters to the sandbox and lets it report on them."""

from collections.abc import Sequence
from typing import Any

from messaging.channel import Provider
from messaging.message import message_id
from tests.support.office import Office
from tests.support.sandbox import ProviderSandbox
from wiring import Services


class Reports:
    """A shop that has sent an e-mail to some customers, and its provider's word on them."""

    def __init__(self, services: Services, office: Office, sandbox: ProviderSandbox) -> None:
        self.services = services
        self.office = office
        self.sandbox = sandbox
        office.provider = self._email()  # type: ignore[assignment]  # any provider does

    def sent(self, *customers: str) -> None:
        """Plan and send an e-mail to each of these."""
        batch = self.office.plan(*customers)
        self.office.delivery.deliver(batch.id)

    def say(self, *events: tuple[str, str], **more: Any) -> None:
        """Store the provider's webhook that says these (customer, event), and work it off."""
        self.store(*events, **more)
        self.services.receipts.take()

    def store(self, *events: tuple[str, str], **more: Any) -> None:
        """Store the provider's webhook that says these (customer, event)."""
        told = [{"message": message_id("run", customer, 0), "event": event, **more} for customer, event in events]
        for hook in self.sandbox.hooks(self.office.clock.now(), told):
            self.services.webhooks.receive("email", hook)

    def text(self, *replies: tuple[str, str], **more: Any) -> list[str]:
        """Receive text messages (number, words); the bodies of the answers."""
        said = [{"from": number, "to": "+15005550006", "text": words, **more} for number, words in replies]
        hooks = self.sandbox.hooks(self.office.clock.now(), replies=said)
        return [self.services.webhooks.receive("sms", hook)[1] for hook in hooks]

    def states(self, *customers: str) -> list[str]:
        """The states of these customers' messages."""
        return [state.value for state, _ in self.office.states(*customers)]

    def facts(self, customer: str) -> Sequence[str]:
        """The types of a customer's facts."""
        return sorted(fact.type for fact in self.services.facts.of_customer(customer, 100))

    def _email(self) -> Provider:
        return self.services.providers.for_channel("email")
