"""The story: a shop's real orders become personal messages that arrive, and those bring orders."""

from cli.demo import bringing_in, grouping, launching, playing, preparing, reading
from cli.demo.world import World


def play(world: World) -> None:
    """Play all scenes through the REST API, as a marketer, the clock and customers would."""
    screen = world.screen
    screen.scene("a", "A shop brings in its customers, orders and stock")
    bringing_in.play(world)
    screen.scene("b", "Who is slipping away, who are the best, who is new?")
    grouping.play(world)
    screen.scene("c", "Something to give, and the words")
    preparing.play(world)
    screen.scene("d", "Launch: a win-back with a holdout; customers answer; a thank-you note; an invitation")
    launching.win_back(world)
    playing.receive(world, "win-back")
    playing.stop(world)
    launching.thank_you(world)
    launching.invitation(world)
    screen.scene("e", "The customers: they read, buy, and bring friends")
    playing.receive(world, "thank-you")
    playing.receive(world, "invitation")
    playing.buy(world)
    playing.bring_friends(world)
    screen.scene("f", "What it did")
    reading.play(world)
