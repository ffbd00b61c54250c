"""Times are written as one writes a single one, however many there are."""

from hypothesis import given
from hypothesis import strategies as st

from core.clock.times import format_each_microsecond, format_microseconds


@given(
    st.lists(
        st.integers(0, 4_000_000_000_000_000) | st.integers(0, 4_000_000).map(lambda n: n * 500)
    )
)
def test_many_times_are_written_as_each_by_itself(times: list[int]) -> None:
    assert format_each_microsecond(times) == [format_microseconds(one) for one in times]
