"""What runs on this machine: `encore up` leaves word of it, and commands beside it find the same servers by that."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import msgspec

from cli.datadir import DataDir, alive
from common.errors import Invalid
from common.settings import PREFIX, Settings, load

NAME = "running.json"
# The database and the prefix, too: a key made in another database than the API's would open nothing.
_TOLD = ("mongodb_url", "mongodb_database", "redis_url", "redis_prefix", "public_url", "data_dir")


class Running(msgspec.Struct, frozen=True, kw_only=True):
    """A running `encore up`: its process, its settings as variables, and whether its key is the data directory's."""

    pid: int
    variables: dict[str, str]
    own_key: bool


@contextmanager
def announced(settings: Settings, *, own_key: bool) -> Iterator[None]:
    """While this lasts, commands on this machine find what runs with these settings."""
    variables = {PREFIX + name.upper(): str(getattr(settings, name)) for name in _TOLD}
    place = Path(settings.data_dir) / NAME
    fresh = place.with_suffix(".new")
    # For its owner only: the addresses may hold passwords.
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(msgspec.json.encode(Running(pid=os.getpid(), variables=variables, own_key=own_key)))
    fresh.replace(place)
    try:
        yield
    finally:
        place.unlink(missing_ok=True)


def settings_here(environ: Mapping[str, str]) -> Settings:
    """The settings given; without ENCORE_MONGODB_URL those of what runs here, where it does. Some may be missing."""
    given = load(environ)
    if given.mongodb_url:
        return given
    running = _running(Path(given.data_dir))
    if running is None:
        return given
    found = dict(running.variables)
    if running.own_key:
        found[f"{PREFIX}SECRET_KEYS"] = DataDir(Path(given.data_dir)).secret_key()
    return load({**found, **{name: text for name, text in environ.items() if text}})


def complete_here(environ: Mapping[str, str]) -> Settings:
    """The same, with nothing missing; raises Invalid that says what to start or to set."""
    settings = settings_here(environ)
    if not settings.mongodb_url:
        raise Invalid(nothing_runs(settings), {f"{PREFIX}MONGODB_URL": ["Not set."]})
    return settings.complete()


def nothing_runs(settings: Settings) -> str:
    """What to do where nothing runs and nothing is set."""
    missing = ", ".join(settings.missing())
    return (
        f"No Encore runs with the data directory {Path(settings.data_dir).absolute()}. "
        f"Start `make up` (`encore up`) and try again beside it, or set {missing}."
    )


def _running(directory: Path) -> Running | None:
    try:
        running = msgspec.json.decode((directory / NAME).read_bytes(), type=Running)
    except PermissionError:
        raise Invalid.field(
            f"{PREFIX}DATA_DIR", f"{directory} belongs to another user; run this as that user, or set the variables."
        ) from None
    except (OSError, msgspec.MsgspecError):
        return None
    # One that was killed took no leave.
    return running if alive(str(running.pid)) else None
