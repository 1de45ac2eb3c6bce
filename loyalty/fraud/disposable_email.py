"""The friend's mailbox is one that is thrown away after use."""

from typing import ClassVar, Literal

from disposable_email_domains import blocklist

from loyalty.suspicion import Case, FraudRule


class DisposableEmail(FraudRule):
    """By a list of some 10,000 domains that many keep up; relays, which forward to a real mailbox, are not on it."""

    name: ClassVar[str] = "disposable_email"
    verdict: ClassVar[Literal["block", "review"]] = "block"
    sentence: ClassVar[str] = "The friend's e-mail address is a throw-away one."

    def fires(self, case: Case) -> bool:
        """The domain, or one that it is a part of, is on the list."""
        labels = case.friend.email.rpartition("@")[2].split(".")
        return any(".".join(labels[start:]) in blocklist for start in range(len(labels) - 1))
