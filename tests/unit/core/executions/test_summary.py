"""What a list of positions comes to."""

from core.executions.summary import Money, by_currency, totals


def test_the_figures_of_the_source_are_what_its_sums_say() -> None:
    gains, losses = [412.30 / 22] * 22, [-124.80 / 16] * 16
    closed = [Money(True, pnl, "USD") for pnl in gains + losses]
    found = totals([*closed, *[Money(False, None, "USD")] * 4])
    assert (found.n_total, found.n_closed, found.n_wins, found.n_losses) == (42, 38, 22, 16)
    assert (found.win_rate_pct, found.profit_factor, found.total_pnl) == (57.9, 3.3, 287.5)
    assert (found.gross_profit, found.gross_loss, found.n_open) == (412.3, 124.8, 4)


def test_without_losses_there_is_no_profit_factor_and_without_closed_ones_no_win_rate() -> None:
    assert totals([Money(True, 5.0, None)]).profit_factor is None
    nothing = totals([Money(False, 1.0, None)])
    assert (nothing.win_rate_pct, nothing.total_pnl) == (None, 0.0)
    # Sums of nothing are numbers as all other sums are.
    sums = (nothing.total_pnl, nothing.gross_profit, nothing.gross_loss)
    assert [repr(one) for one in sums] == ["0.0"] * 3


def test_money_of_different_currencies_is_never_added() -> None:
    found = by_currency([Money(True, 5.0, "USD"), Money(True, -3.0, "EUR"), Money(True, 1.0, None)])
    assert {name: one.total_pnl for name, one in found.items()} == {
        "": 1.0,
        "EUR": -3.0,
        "USD": 5.0,
    }
