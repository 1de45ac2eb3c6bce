"""Where the time of a piece of work goes: seconds by the clock inside the functions that stand for a kind of work."""

import cProfile
import pstats
from collections.abc import Callable

from bench._meter import table

# What is shown -> the functions (end of the file's path, name) that all of it passes through, none inside another.
Kinds = dict[str, list[tuple[str, str]]]


def profiled(work: Callable[[], object], kinds: Kinds) -> None:
    """Do the work under cProfile, which slows Python down and so understates waiting; print each kind's share."""
    profile = cProfile.Profile()
    profile.runcall(work)
    stats = pstats.Stats(profile)
    entries: dict[tuple[str, int, str], tuple[int, int, float, float, object]] = stats.stats  # type: ignore[attr-defined]  # typeshed leaves it out
    total: float = stats.total_tt  # type: ignore[attr-defined]  # as above
    seconds = {
        kind: sum(
            entry[3]
            for (file, _, name), entry in entries.items()
            if any(file.endswith(end) and name == function for end, function in functions)
        )
        for kind, functions in kinds.items()
    }
    seconds["everything else"] = total - sum(seconds.values())
    rows = [(kind, f"{spent:6.2f} s  {spent / total:4.0%}") for kind, spent in seconds.items()]
    table(f"where the {total:.1f} s go, under cProfile", rows)
