"""`python -m bench` measures every hot path, `python -m bench NAME` one, with sizes as options; `--help` lists them.

Each is a file, found by scanning this folder; files that begin with _ are what they share.
"""

import importlib
import pkgutil

import click

import bench


class Paths(click.Group):
    """The hot paths found in this folder, each a module with a click command called `command`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Their names."""
        return sorted(module.name for module in pkgutil.iter_modules(bench.__path__) if not module.name.startswith("_"))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The path of that name, or None."""
        if cmd_name not in self.list_commands(ctx):
            return None
        command: click.Command = importlib.import_module(f"bench.{cmd_name}").command
        return command


@click.group(cls=Paths, invoke_without_command=True)
@click.pass_context
def main(ctx: click.Context) -> None:
    """Measure, and print a table a path; without a name, all of them at their usual sizes."""
    if ctx.invoked_subcommand is None:
        for name in main.list_commands(ctx):
            if path := main.get_command(ctx, name):
                path.main([], standalone_mode=False)


if __name__ == "__main__":
    main(prog_name="python -m bench")
