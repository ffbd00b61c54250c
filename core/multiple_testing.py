"""How sure findings are: an interval of 95%, and many tests at once.

With enough slots, some look skilled by chance.
"""

from collections.abc import Sequence

# Within so many standard errors of a normal estimate the truth lies, 95 times in a hundred.
ERRORS_OF_95 = 1.959964


def holm(p_values: Sequence[float]) -> list[float]:
    """Return adjusted p-values, in the order given, that bound the chance of any false finding.

    Step-down: Holm (1979). Rejecting those at most 0.05 errs once in twenty sets
    of tests, whatever their dependence.
    """
    order = sorted(range(len(p_values)), key=lambda index: p_values[index])
    adjusted, highest = [0.0] * len(p_values), 0.0
    for rank, index in enumerate(order):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = highest
    return adjusted
