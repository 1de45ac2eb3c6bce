"""The outbox: takes the letters of any channel that has no credentials, keeps them, and sends them nowhere."""

from collections.abc import Mapping
from typing import ClassVar

from messaging.channel import Accepted, Kept, Outcome, Parcel, Profile, Provider


class OutboxProvider(Provider):
    """Belongs to no one channel: it stands in for each. A letter kept twice is one letter."""

    name: ClassVar[str] = "outbox"
    channel: ClassVar[str] = ""
    profile: ClassVar[Profile] = "idempotent"
    batch_max: ClassVar[int] = 1_000

    def configured(self) -> bool:
        """It needs nothing."""
        return True

    def send(self, parcel: Parcel) -> Mapping[str, Outcome]:
        """Keep the letters. Where the database is away this raises, and the sweeper finds out what was kept."""
        at = self.clock.now()
        self.outbox.keep(
            [
                Kept(
                    id=letter.message,
                    channel=parcel.channel,
                    address=letter.address,
                    name=letter.name,
                    sender=parcel.sender,
                    sender_name=parcel.sender_name,
                    parts=dict(letter.rendered.parts),
                    headers=dict(letter.rendered.headers),
                    at=at,
                )
                for letter in parcel.letters
            ]
        )
        return {letter.message: Accepted(f"outbox:{letter.message}") for letter in parcel.letters}
