"""Settings: environment variables with one prefix, read once, checked at the start."""

from collections.abc import Mapping
from typing import TypeVar

import msgspec

from common.errors import Invalid

PREFIX = "ENCORE_"
T = TypeVar("T")


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What every process reads. Seconds are seconds; an empty text means "not set"."""

    mongodb_url: str = ""
    mongodb_database: str = "encore"
    redis_url: str = ""
    redis_prefix: str = "encore"
    secret_keys: str = ""
    public_url: str = "http://127.0.0.1:8000"
    data_dir: str = "./var"
    log_level: str = "INFO"
    claim_lease: float = 60.0
    http_timeout: float = 20.0
    uncertain_grace: float = 30.0
    uncertain_final_after: float = 86_400.0
    ask_again_after: float = 300.0
    soft_bounces: int = 5
    soft_bounce_days: int = 30
    sweep_every: float = 5.0
    ring_again_after: float = 30.0
    batch_size: int = 500
    sms_part_price: float = 0.0
    browser: str = ""
    idempotency_kept: float = 86_400.0
    report_kept_above: int = 1_000
    environment: dict[str, str] = {}

    @property
    def keys(self) -> list[str]:
        """The secret keys, newest first; raises Invalid when there is none, since links could be forged."""
        keys = [key.strip() for key in self.secret_keys.split(",") if key.strip()]
        if not keys:
            raise Invalid.field(f"{PREFIX}SECRET_KEYS", "Set at least one long random text; newest first, by commas.")
        return keys

    def missing(self) -> dict[str, str]:
        """What must be set and is not: variable -> why it is needed."""
        needed = {
            "mongodb_url": "Where MongoDB is, as in mongodb://127.0.0.1:27017.",
            "redis_url": "Where Redis is, as in redis://127.0.0.1:6379/0.",
            "secret_keys": "Sign links; at least one long random text, newest first, by commas.",
        }
        return {PREFIX + name.upper(): why for name, why in needed.items() if not getattr(self, name)}

    def complete(self) -> "Settings":
        """These settings; raises Invalid naming every variable that must be set and is not."""
        missing = self.missing()
        if missing:
            raise Invalid(
                "Not everything is set that must be.", {name: [f"Not set. {why}"] for name, why in missing.items()}
            )
        return self

    def section(self, kind: type[T]) -> T:
        """A kind's own settings (a provider's, say), declared beside it as a Struct, from the same environment."""
        return _read(kind, self.environment)


def load(environment: Mapping[str, str]) -> Settings:
    """The settings of an environment; raises Invalid naming the variable that is wrong."""
    own = {name: value for name, value in environment.items() if name.startswith(PREFIX)}
    return msgspec.structs.replace(_read(Settings, own), environment=own)


def _read(kind: type[T], environment: Mapping[str, str]) -> T:
    fields = [field.name for field in msgspec.structs.fields(kind) if field.name != "environment"]  # type: ignore[arg-type]  # any Struct
    given = {name: environment[PREFIX + name.upper()] for name in fields if environment.get(PREFIX + name.upper())}
    try:
        return msgspec.convert(given, kind, strict=False)
    except msgspec.ValidationError as error:
        name = str(error).rpartition("$.")[2].strip("`")
        raise Invalid.field(PREFIX + name.upper(), str(error).partition(" - at")[0] + ".") from None
