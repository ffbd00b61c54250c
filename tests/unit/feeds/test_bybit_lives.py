"""Positions of a venue that nets, told apart by their fills."""

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.bybit.lives import Fill, Life, Part, ended_before, live, symbol_and_side

Moves = list[int]
moves = st.lists(st.integers(-5, 5).filter(bool), min_size=1, max_size=12)


def fills(told: Moves) -> list[Fill]:
    """Return a fill a second for each move, above 0 a buy; the price is its number."""
    return [
        Fill(f"f{n}", "BTCUSDT", 1 if move > 0 else -1, Decimal(abs(move)), Decimal(100 + n),
             Decimal(abs(move)), 1_000 * n, n, f"order{n}", "", "")
        for n, move in enumerate(told)
    ]  # fmt: skip


def walked(told: Moves) -> Life:
    return live("BTCUSDT", Decimal(sum(told)), fills(told))


def signed(part: Part) -> Decimal:
    return part.fill.side * part.volume


@settings(max_examples=30)
@given(moves)
def test_every_closed_position_comes_to_nothing_and_the_open_one_to_what_is_held(
    told: Moves,
) -> None:
    found = walked(told)
    assert found.is_whole
    sums: dict[str, Decimal] = {}
    for part in found.parts:
        sums[part.position_id] = sums.get(part.position_id, Decimal(0)) + signed(part)
    assert sums.pop(found.position_id, Decimal(0)) == sum(told)
    assert not any(sums.values())


@settings(max_examples=30)
@given(moves)
def test_a_position_has_one_side_and_its_parts_are_all_of_the_fills(told: Moves) -> None:
    found = walked(told)
    for part in found.parts:
        named = symbol_and_side(part.position_id)
        assert named == ("BTCUSDT", part.fill.side if part.entry == "in" else -part.fill.side)
    assert sum(map(signed, found.parts)) == sum(told)
    assert sum(part.fee for part in found.parts) == sum(map(abs, told))
    assert len({part.id for part in found.parts}) == len(found.parts)


@settings(max_examples=30)
@given(moves, st.randoms())
def test_profits_are_what_cash_says_once_all_is_closed(told: Moves, dice: object) -> None:
    closing = [*told, -sum(told)] if sum(told) else told
    listed = fills(closing)
    cash = -sum(one.side * one.volume * one.price for one in listed)
    dice.shuffle(listed)  # type: ignore[attr-defined]
    found = live("BTCUSDT", Decimal(0), listed)
    assert abs(sum(part.profit for part in found.parts) - cash) < Decimal("1e-18")
    assert found.position_id == ""


@settings(max_examples=30)
@given(moves, st.integers(0, 12_000))
def test_forgetting_what_ended_before_an_instant_changes_no_later_name(
    told: Moves, at: int
) -> None:
    found = walked(told)
    gone = ended_before([found], at)
    again = live("BTCUSDT", Decimal(sum(told)), [one for one in fills(told) if one.id not in gone])
    kept = [part for part in found.parts if part.fill.id not in gone]
    assert again.parts == kept
    assert again.position_id == found.position_id
    assert all(part.fill.at < at for part in found.parts if part.fill.id in gone)


def test_a_beginning_that_was_not_read_is_said() -> None:
    found = live("BTCUSDT", Decimal(2), fills([-1]))
    assert not found.is_whole
    assert found.position_id == "BTCUSDT-long-earlier"
