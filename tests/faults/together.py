"""Orders with two codes each at the tills that are killed: both codes of an order stand, or neither does."""

from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

from loyalty.redemption import Redemption
from tests.loyalty.makers import generic, standing
from tests.support.tills import Answer, Scene

OFFERS = ("left", "right")


class Together:
    """Orders with two codes in one call, at two offers with as many uses as one another; every third is taken back."""

    def __init__(self, made: Scene, orders: int, cap: int) -> None:
        self._tills = made.tills
        self._services = made.services
        self._orders = orders
        self._cap = cap
        self._codes = [generic(made.services, uses=cap, id=name) for name in OFFERS]
        self.answers: dict[str, Answer] = {}
        self.taken_back: dict[str, list[Answer]] = {}

    def work(self) -> list[Callable[[], None]]:
        """All orders; some hold their codes first."""
        return [partial(self._redeem, number) for number in range(self._orders)]

    def _redeem(self, number: int) -> None:
        order = f"t{number}"
        body: dict[str, Any] = {
            "customer_id": f"customer-of-{order}",
            "order": {"id": order, "total": {"amount": 10_000, "currency": "EUR"}},
            # in whichever order somebody typed them
            "codes": self._codes[:: 1 if number % 2 else -1],
        }
        if number % 4 == 0:
            self._tills.post("/v1/redemptions/reserve", body)
        answer = self.answers[order] = self._tills.post("/v1/redemptions/redeem", body)
        if answer.status == 200 and number % 3 == 0:
            ids = [one["id"] for one in answer.body["redemptions"]]
            self.taken_back[order] = [self._tills.post(f"/v1/redemptions/{one}/rollback") for one in ids]

    def check(self) -> None:
        """Both or neither, never beyond a cap, and who was told that both were used has used them."""
        assert {answer.status for answer in self.answers.values()} <= {200, 409}
        refused = {answer.body["reason"] for answer in self.answers.values() if answer.status == 409}
        assert refused <= {"not_all_codes", "withdrawn"}
        assert all(back.status == 200 for each in self.taken_back.values() for back in each)
        won = {order for order, answer in self.answers.items() if answer.status == 200}
        kept: list[Redemption] = [one for one in standing(self._services) if one.offer in OFFERS]
        assert Counter(one.order for one in kept) == dict.fromkeys(won - self.taken_back.keys(), len(OFFERS))
        assert {one.state.value for one in kept} <= {"redeemed"}
        for name in OFFERS:
            offer = self._services.offers.get(name)
            mine = [one for one in kept if one.offer == name]
            assert (offer.open, offer.spent.uses) == ([], len(mine))
            assert len(mine) <= self._cap
        assert self._services.database["bundles"].count_documents({"state": "open"}) == 0
        assert len(won) > 3
        assert self.taken_back
