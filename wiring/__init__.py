"""Settings -> services: the one place that knows everyone. A service is made when it is first asked for.

A file a question that the shop's owner asks, each building on the one before: who is there (`gathering`), what do they
get (`rewarding`), who is written to (`addressing`), how does it arrive (`sending`), and when (`services`).
"""

from wiring.services import Services

__all__ = ["Services"]
