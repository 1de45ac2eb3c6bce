"""The proof that a visitor came to the shop by a referral's landing page: a parameter that only we could have signed.

`{click}.{seconds}.{signature}`: the click's id, when it was (seconds since 1970), and the HMAC-SHA-256 of
`{code}.{click}.{seconds}` in hexadecimal, under a key that the shop may have to check it by itself.
"""

import hmac
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from common.clock import Clock
from common.ids import keyed

# How long a friend may take from the landing page to the checkout.
LASTS = timedelta(days=30)
_LONGEST = 200


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """What a proof is worth: whether it holds, and if not, why: "malformed", "forged" or "expired"."""

    valid: bool
    reason: str = ""
    clicked_at: datetime | None = None


class Proofs:
    """Makes and checks them. The newest key signs; older ones still hold, so that keys can be rotated."""

    def __init__(self, secrets: Sequence[str], clock: Clock) -> None:
        """`secrets` newest first."""
        self.keys = [keyed(secret.encode(), "referral proof") for secret in secrets]
        self._clock = clock

    def make(self, code: str, click: str) -> str:
        """The proof of a click on a code's page, now."""
        told = f"{click}.{int(self._clock.now().timestamp())}"
        return f"{told}.{_signature(self.keys[0], code, told)}"

    def check(self, code: str, proof: str) -> Checked:
        """Whether we made this proof for this code, and not too long ago."""
        told, _, signature = proof.rpartition(".")
        click, _, seconds = told.partition(".")
        # Plain digits: int() would also take signs, spaces and underscores, and a number of any length.
        plain = click.isalnum() and len(seconds) <= 12 and seconds.isascii() and seconds.isdigit()
        if not plain or len(proof) > _LONGEST or not proof.isascii():
            return Checked(valid=False, reason="malformed")
        if not any(hmac.compare_digest(_signature(key, code, told), signature) for key in self.keys):
            return Checked(valid=False, reason="forged")
        at = datetime.fromtimestamp(int(seconds), UTC)
        if self._clock.now() - at > LASTS:
            return Checked(valid=False, reason="expired", clicked_at=at)
        return Checked(valid=True, clicked_at=at)


def _signature(key: str, code: str, told: str) -> str:
    return hmac.digest(key.encode(), f"{code}.{told}".encode(), "sha256").hex()
