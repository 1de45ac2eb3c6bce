"""A worker that notices and tells until it is killed, at the time at which the tests' clock stands."""

import os

from common.settings import load
from tests.support.clock import ManualClock
from wiring import Services

if __name__ == "__main__":
    made = Services(load(os.environ), ManualClock())
    print("busy", flush=True)  # noqa: T201  # what the test waits for
    while True:
        made.events.pump()
        made.noticing.react(20)
        made.telling.work(5)
