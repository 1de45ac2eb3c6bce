"""What the demo prints: steps, progress bars, tables and whole messages."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.panel import Panel
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text


class Bar:
    """A progress bar that is told how far things are."""

    def __init__(self, progress: Progress, task: TaskID) -> None:
        self._progress = progress
        self._task = task

    def at(self, done: int, total: int) -> None:
        """So much of so much is done."""
        self._progress.update(self._task, completed=done, total=max(total, 1))


class Screen:
    """Prints for a person; on a pipe it prints the same without movement or colour."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def scene(self, letter: str, title: str) -> None:
        """Begin a part of the story."""
        self._console.print()
        self._console.rule(f"[bold]{letter}.[/] {title}", align="left")

    def say(self, text: str) -> None:
        """One line."""
        self._console.print(Text(text))

    @contextmanager
    def bar(self, what: str) -> Iterator[Bar]:
        """A progress bar for long work."""
        columns = (TextColumn("{task.description:<28}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=self._console) as progress:
            yield Bar(progress, progress.add_task(what, total=None))

    def table(self, title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """A small table; all columns but the first are set to the right."""
        table = Table(title=title, title_justify="left", title_style="bold")
        for place, column in enumerate(columns):
            table.add_column(column, justify="left" if place == 0 else "right")
        for row in rows:
            table.add_row(*row)
        self._console.print(table)

    def message(self, title: str, text: str) -> None:
        """A whole message, framed."""
        self._console.print(Panel(Text(text.strip()), title=Text(title), title_align="left", width=100))
