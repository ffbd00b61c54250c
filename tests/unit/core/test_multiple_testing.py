"""Holm's adjustment, against its definition."""

from hypothesis import given
from hypothesis import strategies as st

from core.multiple_testing import holm

chances = st.lists(st.floats(0, 1), max_size=12)


@given(chances, st.floats(0.001, 0.5))
def test_what_it_rejects_is_what_stepping_down_rejects(p_values: list[float], level: float) -> None:
    order = sorted(range(len(p_values)), key=lambda index: p_values[index])
    rejected = set()
    for rank, index in enumerate(order):
        if (len(p_values) - rank) * p_values[index] > level:
            break
        rejected.add(index)

    adjusted = holm(p_values)

    assert {index for index, value in enumerate(adjusted) if value <= level} == rejected


@given(chances)
def test_it_never_makes_a_finding_more_certain(p_values: list[float]) -> None:
    adjusted = holm(p_values)

    assert all(p <= a <= 1 for p, a in zip(p_values, adjusted, strict=True))
