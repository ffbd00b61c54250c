"""What an account may see follows from its active plans, narrowed by its lists."""

from hypothesis import given
from hypothesis import strategies as st

from core.robots.accounts import BASIC, OWNER, PRO, TIERS, Account, Entitlement

NOW = 1_000
INSTANTS = st.integers(0, 2_000)
PLANS = st.lists(
    st.builds(
        Entitlement,
        source=st.just("admin"),
        source_ref=st.text(max_size=3),
        plan_tier=st.sampled_from(TIERS),
        starts_at=INSTANTS,
        ends_at=st.none() | INSTANTS,
        state=st.just("manual"),
    ),
    max_size=6,
)


def account(
    *plans: Entitlement,
    symbols: tuple[str, ...] | None = None,
    lengths: tuple[int, ...] | None = None,
    closed_at: int | None = None,
) -> Account:
    """Return an account with plans."""
    return Account(1, "x", None, "en", symbols, lengths, 300, "", 0, closed_at, plans)


def plan(tier: str, starts: int = 0, ends: int | None = None) -> Entitlement:
    """Return a plan for a span of time."""
    return Entitlement("admin", tier, tier, starts, ends, "manual")


@given(PLANS)
def test_the_highest_active_plan_wins_and_the_last_end_counts(plans: list[Entitlement]) -> None:
    active = [p for p in plans if p.starts_at <= NOW and (p.ends_at is None or p.ends_at > NOW)]
    found = account(*plans)
    tiers = {p.plan_tier for p in active}
    expected = next((tier for tier in (OWNER, PRO, BASIC) if tier in tiers), None)
    assert found.tier(NOW) == expected
    ends = [p.ends_at for p in active]
    last = None if not ends or None in ends else max(end for end in ends if end is not None)
    assert found.active_until(NOW) == last


def test_a_plan_begins_and_ends_at_its_millisecond() -> None:
    found = account(plan(PRO, NOW, NOW + 5))
    assert [found.tier(NOW + d) for d in (-1, 0, 4, 5)] == [None, PRO, PRO, None]
    assert (found.ended_at(NOW + 4), found.ended_at(NOW + 5)) == (None, NOW + 5)


def test_basic_sees_three_symbols_in_two_lengths_and_pro_everything() -> None:
    slots = [(s, r) for s in ("EURUSD", "GBPUSD", "XAUUSD", "USDJPY") for r in (900, 3_600, 14_400)]
    basic, pro = (account(plan(tier)).limits(NOW) for tier in (BASIC, PRO))
    assert [slot for slot in slots if basic.allow(*slot)] == [
        (s, r) for s in ("EURUSD", "GBPUSD", "XAUUSD") for r in (3_600, 14_400)
    ]
    assert all(pro.allow(*slot) for slot in slots)


def test_a_list_narrows_a_plan_and_never_widens_it() -> None:
    limits = account(plan(BASIC), symbols=("EURUSD", "USDJPY"), lengths=(900, 3_600)).limits(NOW)
    assert (limits.symbols, limits.resolutions) == ({"EURUSD"}, {3_600})
    wide = account(plan(PRO), symbols=("USDJPY",)).limits(NOW)
    assert (wide.symbols, wide.resolutions) == ({"USDJPY"}, None)


def test_without_a_plan_or_closed_an_account_sees_nothing() -> None:
    for found in (account(), account(plan(PRO), closed_at=NOW)):
        assert found.tier(NOW) is None
        assert not found.limits(NOW).allow("EURUSD", 3_600)
    assert account(plan(PRO), closed_at=NOW).ended_at(NOW) == NOW
