"""The commands: each is a file in cli/commands/, loaded when it is called."""

import importlib
import os
import pkgutil

import click

import cli.commands
from cli.processes import StartFailed
from cli.servers import PortTaken
from cli.signals import INTERRUPTED
from common import logs
from common.errors import EncoreError, Invalid
from common.settings import load
from storage.outages import as_unavailable


class Told(click.ClickException):
    """A sentence for whoever typed the command, and the exit code for a program."""

    def __init__(self, text: str, code: int) -> None:
        super().__init__(text)
        self.exit_code = code  # type: ignore[misc]  # click takes it from the instance, and types it on the class


class Commands(click.Group):
    """The commands found in their folder; what goes wrong in one is told in a sentence, not a traceback."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Their names; `import_.py` is `import`, since Python keeps that word to itself."""
        return sorted(module.name.rstrip("_") for module in pkgutil.iter_modules(cli.commands.__path__))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, or None."""
        for module in pkgutil.iter_modules(cli.commands.__path__):
            if module.name.rstrip("_") == cmd_name:
                command: click.Command = importlib.import_module(f"cli.commands.{module.name}").command
                return command
        return None

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; exit code 1 for what went wrong, 2 for what was asked wrongly or is in the way."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise Told("Interrupted.", INTERRUPTED) from None
        except PortTaken as error:
            raise Told(str(error), 2) from error
        except StartFailed as error:
            raise Told(str(error), 1) from error
        except Invalid as error:
            raise Told(_with_fields(error), 2) from error
        except EncoreError as error:
            raise Told(str(error), 1) from error
        except Exception as error:
            outage = as_unavailable(error)
            if outage is None:
                raise
            raise Told(str(outage), 1) from error


@click.command(cls=Commands)
@click.version_option(package_name="encore-campaigns", prog_name="encore")
def group() -> None:
    """Personal loyalty and messaging campaigns from a shop's own order history.

    Settings are environment variables that begin with ENCORE_; docs/settings.md lists them.
    """
    logs.configure(load(os.environ).log_level)


def _with_fields(error: Invalid) -> str:
    details = [f"  {path}: {' '.join(messages)}" for path, messages in error.fields.items()]
    return "\n".join([str(error), *details]) if len(details) > 1 else str(error)
