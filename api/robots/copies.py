"""What an account's positions made of the signals that they copy, and what open ones stand at."""

import contextlib
from collections.abc import Sequence

from api.robots.offered import OfferedSlots
from api.robots.schemas_positions import CopyCoverage, CopyShown
from core.clock.resolutions import DAY
from core.clock.times import now_ms
from core.errors import Unavailable
from core.executions.copy import Copy, copy_sums
from core.executions.coverage import NO_SIGNS, Coverage, coverage, joined
from core.executions.open_pnl import contract_size, open_pnl
from core.robots.accounts import Account
from core.series import Market
from core.signals import BUY
from storage.executions.execution_rows import Position
from storage.stores import Stores

# Coverage looks back so many days at most: it reads every signal of them.
COVERED_DAYS = 30


class AccountCopies:
    """Copies of one account, or of all where None is asked for."""

    def __init__(self, stores: Stores, offered: OfferedSlots) -> None:
        self._stores = stores
        self._offered = offered

    def of(self, positions: Sequence[Position]) -> dict[int, Copy]:
        """Return what positions made of their signals, by `exec_id`."""
        found = self._stores.copies.of({one.exec_id for one in positions})
        signals = {one.exec_id: one.signal_seq for one in positions}
        return {number: copy for number, copy in found.items() if copy.seq == signals[number]}

    def summary(
        self, account_id: int | None, account: Account | None, days: int, since: int
    ) -> CopyShown:
        """Return what copying came to since an instant (epoch ms), so many `days` ago."""
        copies = self._stores.copies.since(since, account_id)
        sums = copy_sums(one.copy for one in copies)
        shown = {name: getattr(sums, name) for name in sums.__struct_fields__}
        covered = min(days, COVERED_DAYS)
        found = self._coverage(account_id, account, covered)
        return CopyShown(
            **shown,
            coverage=CopyCoverage(
                covered, found.signals, found.copied, found.percent, found.skipped
            ),
        )

    def _coverage(self, account_id: int | None, account: Account | None, days: int) -> Coverage:
        since = now_ms() - days * DAY * 1_000
        stores, seen = self._stores, set(self._offered.ever(account))
        every = stores.record_reads.directional(since)
        signals = stores.facts.on_grids(one for one in every if one.target in seen)
        signs = stores.copies.signs(stores.copies.since(since, account_id), since)
        if account_id is not None:
            return coverage(signals, signs.get(account_id, NO_SIGNS))
        return joined(coverage(signals, one) for one in signs.values())

    def open_pnl(self, account_id: int | None) -> float | None:
        """Return what the open positions would bring now, None where that cannot be told."""
        open_ = self._stores.executions.open(account_id)
        currencies = {one.opening.currency for one in open_}
        if len(currencies) > 1 or None in currencies:
            return None
        total = 0.0
        with contextlib.suppress(Unavailable):
            for one in open_:
                value = self._value(one)
                if value is None:
                    return None
                total += value
            return round(total, 2)
        return None

    def _value(self, position: Position) -> float | None:
        opening, slot = position.opening, (position.symbol, position.resolution)
        targets = [one for one in self._offered.ever(None) if (one.symbol, one.resolution) == slot]
        if not targets or opening.volume is None or opening.currency is None:
            return None
        newest = self._stores.candles.read(targets[-1].series, limit=1, newest=True)
        market = Market(targets[-1].platform, position.symbol)
        size = contract_size(position.symbol, self._stores.markets.get(market).contract_size)
        if not len(newest.time) or size is None:
            return None
        price, lots = float(newest.close[-1]), opening.volume
        lots -= position.progress.closed_volume or 0.0
        move = (price - opening.entry_price) * (1 if position.side == BUY else -1)
        value = open_pnl(position.symbol, move, price, lots, size, opening.currency)
        # What was closed in parts has been booked already.
        return None if value is None else value + (position.progress.pnl or 0.0)
