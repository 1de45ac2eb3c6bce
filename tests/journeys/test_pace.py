"""A campaign's send rate: never more in a minute, whoever works, and who has to wait is told when to ask again."""

import threading
import time
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.campaign import Limits
from messaging.gate import Go, No, Verdict, Wait
from messaging.message import State
from messaging.pace import MINUTE, TOGETHER, Granted, Pace, paced
from storage.rates import RedisRates
from tests.journeys.shop import Bench, draft, open_shop, someone
from tests.support.clock import ManualClock
from tests.support.sandbox import ProviderSandbox
from wiring import Services


class Line:
    """The queue as Redis keeps it, by a clock that the test moves."""

    def __init__(self) -> None:
        self.now = 0.0
        self.due = 0.0

    def grant(self, campaign: str, letters: int, apart: float, together: float) -> Granted:
        self.due = max(self.due, self.now)
        room = int((together - (self.due - self.now)) / apart) + 1 if self.due - self.now <= together else 0
        granted = min(letters, room)
        self.due += granted * apart
        return Granted(granted, self.due - self.now)


@given(st.integers(1, 5_000), st.lists(st.tuples(st.floats(0, 20), st.integers(1, 500)), min_size=1, max_size=60))
def test_no_minute_holds_more_than_it_may_however_they_come(most: int, asked: list[tuple[float, int]]) -> None:
    line, pace, gone = Line(), Pace(per_minute=most), list[tuple[float, int]]()
    for pause, letters in asked:
        line.now += pause
        gone.append((line.now, line.grant("c", letters, pace.apart, TOGETHER).now))
    for start, _ in gone:
        assert sum(count for at, count in gone if start <= at < start + MINUTE) <= most


def test_the_tighter_of_a_minute_and_an_hour_holds_and_little_is_given_away() -> None:
    assert Pace().none
    assert Pace(per_minute=600, per_hour=3_600).apart == pytest.approx(3_601 / 3_600)
    assert 60 / Pace(per_minute=600).apart >= 600 * 0.98
    assert Pace(per_minute=6_000).group == 98
    assert Pace(per_minute=1).group == 1


def test_who_waits_is_spread_over_the_time_and_noes_take_no_place(clock: ManualClock) -> None:
    verdicts: dict[str, Verdict] = {"a": No(reason="no_consent"), **{name: Go() for name in "bcdef"}}
    told = paced("c", verdicts, "abcdef", Pace(per_minute=120), Line(), clock.now())
    assert told["a"] == No(reason="no_consent")
    assert [name for name in "bcdef" if isinstance(told[name], Go)] == ["b", "c"]
    waits = [one.until - clock.now() for name in "def" if isinstance(one := told[name], Wait)]
    apart = Pace(per_minute=120).apart
    assert waits == [timedelta(seconds=(2 + place) * apart) for place in range(3)]


def test_all_workers_keep_to_it_together(services: Services) -> None:
    rates, pace, gone = RedisRates(services.redis, services.settings), Pace(per_minute=3_000), list[int]()
    began = time.monotonic()

    def work() -> None:
        for _ in range(25):
            gone.append(rates.grant("fast", 7, pace.apart, TOGETHER).now)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lasted = time.monotonic() - began
    assert 49 <= sum(gone) <= (lasted + TOGETHER) / pace.apart + 1
    assert rates.grant("another", 7, pace.apart, TOGETHER).now == 7


def test_a_campaign_with_a_rate_goes_out_little_by_little(
    shop: Services, provider_sandbox: ProviderSandbox, clock: ManualClock
) -> None:
    open_shop(shop, [someone(number, clock.now()) for number in range(12)])
    campaign = draft(shop, limits=Limits(per_minute=2))
    shop.launcher.launch(campaign.id)
    bench = shop.doorbell
    assert isinstance(bench, Bench)
    bench.work(shop)
    assert len(provider_sandbox.accepted()) == 1
    waiting = [one for one in shop.messages.of_campaign(campaign.id, "", 20) if one.state is State.WAITING]
    assert {one.reason for one in waiting} == {"send_rate"}
    times = sorted(one.not_before for one in waiting)
    gaps = [(later - one).total_seconds() for one, later in pairwise(times)]
    assert gaps == pytest.approx([30.5] * 10, abs=0.01)
