"""Whether the arms have the sizes that the draw should have given them; if not, no comparison is to be believed.

People leak from an arm where a message is lost, a row dropped or a list filtered after the draw. Fabijan and others,
"Diagnosing Sample Ratio Mismatch in Online Controlled Experiments" (KDD 2019), is where the habit comes from.
"""

import math
from collections.abc import Mapping

import msgspec

SUSPICIOUS = 0.001


class Ratio(msgspec.Struct, frozen=True, kw_only=True):
    """The sizes of the arms, those expected, and how likely so large a departure is by chance."""

    counted: dict[str, int]
    expected: dict[str, float]
    p_value: float

    @property
    def holds(self) -> bool:
        """Whether the arms may be compared."""
        return self.p_value >= SUSPICIOUS


def ratio(counted: Mapping[str, int], shares: Mapping[str, float]) -> Ratio:
    """Pearson's chi-square test of the arms' sizes against their shares, which may come to any whole."""
    total, whole = sum(counted.values()), sum(shares.values())
    expected = {arm: total * share / whole for arm, share in shares.items()}
    drawn = [arm for arm in shares if expected[arm]]
    statistic = sum((counted.get(arm, 0) - expected[arm]) ** 2 / expected[arm] for arm in drawn)
    strays = sum(counted.get(arm, 0) for arm in counted if not expected.get(arm))
    p_value = 0.0 if strays else chance_of_more(statistic, len(drawn) - 1)
    return Ratio(counted={arm: counted.get(arm, 0) for arm in shares}, expected=expected, p_value=p_value)


def chance_of_more(statistic: float, freedom: int) -> float:
    """The chance that a chi-square variable of so many degrees of freedom is larger (Abramowitz and Stegun, 26.4.4-5).

    A finite sum for whole degrees of freedom, which spares whoever asks for a report from loading scipy.
    """
    if freedom < 1 or statistic <= 0:
        return 1.0
    half = statistic / 2
    odd = freedom % 2
    total = math.erfc(math.sqrt(half)) if odd else 0.0
    for step in range(freedom // 2):
        power = step + odd / 2
        total += math.exp(power * math.log(half) - half - math.lgamma(power + 1))
    return min(1.0, total)
