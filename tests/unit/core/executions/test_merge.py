"""Reports of a position end in one row, in whichever order and however often they come."""

import random
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidRequest
from core.executions.merge import Execution, TicketReused, merge
from core.executions.report import Opening, Progress, Report, check_report, clock_suspect

NOW = 1_780_000_000_000
OPENED = NOW - 7_000_000


def report(opening: dict[str, Any] | None = None, **progress: Any) -> Report:
    """Return a report of one position."""
    told = {"opened_at": OPENED, "entry_price": 1.0823} | (opening or {})
    return Report(
        terminal="Broker-Demo:123", ticket=987, symbol="EURUSD", resolution=3_600, side="buy",
        opening=Opening(**told), progress=Progress(**progress),
    )  # fmt: skip


def merged(reports: list[Report]) -> Execution:
    """Return what reports say, each content counted once, as the store does."""
    held, seen = None, set()
    for one in reports:
        content = msgspec.json.encode(one)
        if content not in seen:
            seen.add(content)
            held = merge(held, one)
    assert held is not None
    return held


def _without_some(drawn: st.DrawFn, values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if drawn(st.booleans())}


@st.composite
def lives(draw: st.DrawFn) -> list[Report]:
    """Reports of one position as it is closed part by part, each lacking what it likes."""
    opening = {"pred_id": 12, "confidence": 0.6, "volume": 1.0, "magic": 7, "currency": "USD"}
    reports = [report(_without_some(draw, opening), pnl=None)]
    parts = draw(st.integers(0, 3))
    for part in range(1, parts + 1):
        told = {"exit_price": 1.083 + part / 1e4, "pnl": float(part), "swap": -part / 10}
        reports.append(
            report(
                _without_some(draw, opening), closed_volume=part / 4, **_without_some(draw, told)
            )
        )
    if draw(st.booleans()):
        told = {"exit_price": 1.0851, "pnl": 12.45, "result": "TP", "commission": -0.7}
        closing = report(
            _without_some(draw, opening), closed_at=NOW - 5_000, **_without_some(draw, told)
        )
        reports.append(closing)
    return reports


@given(lives(), st.randoms(use_true_random=False))
def test_any_order_and_repetition_of_reports_ends_in_the_same_row(
    reports: list[Report], chance: random.Random
) -> None:
    shuffled = reports + chance.choices(reports, k=5)
    chance.shuffle(shuffled)
    assert merged(shuffled) == merged(reports)


@given(lives())
def test_each_field_is_that_of_the_report_which_got_furthest_and_says_it(
    reports: list[Report],
) -> None:
    row = merged(list(reversed(reports)))
    for name in Progress.__struct_fields__:
        said = [getattr(r.progress, name) for r in reports if getattr(r.progress, name) is not None]
        assert getattr(row.progress, name) == (said[-1] if said else None)
    for name in Opening.__struct_fields__:
        said = [getattr(r.opening, name) for r in reports if getattr(r.opening, name) is not None]
        assert getattr(row.opening, name) == (said[0] if said else None)


def test_an_opening_report_after_the_closing_one_and_nulls_erase_nothing() -> None:
    closing = report(closed_at=NOW, exit_price=1.0851, pnl=12.45, result="TP")
    row = merged([closing, report(pnl=0.0), report(closed_at=NOW)])
    assert row.progress == closing.progress


def test_a_correction_counts_and_an_older_report_sent_again_takes_it_not_back() -> None:
    first, corrected = (report(closed_at=NOW, pnl=pnl) for pnl in (12.45, 11.75))
    assert merged([first, corrected]).progress.pnl == 11.75
    assert merged([first, corrected, first]).progress.pnl == 11.75


@pytest.mark.parametrize(
    ("change", "word"),
    [({"symbol": "GBPUSD"}, "symbol"), ({"side": "sell"}, "signal"), ({}, "entry_price")],
)
def test_a_known_ticket_of_another_position_is_refused(change: dict[str, Any], word: str) -> None:
    held = merge(None, report())
    other = msgspec.structs.replace(report({} if change else {"entry_price": 1.0825}), **change)
    with pytest.raises(TicketReused, match=word):
        merge(held, other, 1e-5)


@pytest.mark.parametrize("point", [1e-5, None])
def test_an_entry_price_a_point_away_is_the_same(point: float | None) -> None:
    held = merge(None, report())
    assert merge(held, report({"entry_price": 1.08231}), point).opening.entry_price == 1.0823


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 0.0, -1.0])
@pytest.mark.parametrize("field", ["entry_price", "exit_price", "volume", "sl"])
def test_a_price_that_can_be_none_is_refused_by_name(field: str, value: float) -> None:
    opening = {field: value} if field in Opening.__struct_fields__ else {}
    progress = {} if opening else {field: value}
    with pytest.raises(InvalidRequest) as refused:
        check_report(report(opening, **progress), NOW)
    assert refused.value.field == field


@pytest.mark.parametrize("field", ["pnl", "swap", "commission"])
def test_money_may_be_negative_but_must_be_a_number(field: str) -> None:
    check_report(report(**{field: -3.5}), NOW)
    with pytest.raises(InvalidRequest, match=field):
        check_report(report(**{field: float("nan")}), NOW)


@pytest.mark.parametrize(
    ("opened_at", "closed_at", "field"),
    [
        (NOW + 120_001, None, "opened_at"),
        (NOW - 365 * 86_400_000 - 1, None, "opened_at"),
        (NOW, NOW - 1, "closed_at"),
        (NOW, NOW + 120_001, "closed_at"),
    ],
)
def test_instants_that_cannot_be_are_refused_by_name(
    opened_at: int, closed_at: int | None, field: str
) -> None:
    with pytest.raises(InvalidRequest) as refused:
        check_report(report({"opened_at": opened_at}, closed_at=closed_at), NOW)
    assert refused.value.field == field
    check_report(report({"opened_at": NOW + 120_000}, closed_at=NOW + 120_000), NOW)


@pytest.mark.parametrize(
    ("late_ms", "suspect"),
    [(5_000, False), (10_800_000 + 170_000, True), (7_200_000 - 170_000, True), (5_400_000, False)],
)
def test_a_report_whole_hours_after_its_opening_makes_the_clock_suspect(
    late_ms: int, suspect: bool
) -> None:
    assert clock_suspect(NOW - late_ms, NOW) is suspect
