"""How a process that makes and drops many values at once treats its memory."""

import gc

# Values of ours hold each other in no rings, so they go when they are let go of; looking for rings through all of them
# over and over, as Python does after every 700 new ones, cost a quarter of an import.
EVERY = 50_000
YOUNG, OLD = 20, 50


def look_for_rings_seldom() -> None:
    """Leave what is loaded out of Python's search for rings of garbage, and search seldom."""
    gc.freeze()
    gc.set_threshold(EVERY, YOUNG, OLD)
