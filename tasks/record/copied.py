"""What all subscribers' terminals made of the signals; nobody's account can be read off it."""

from collections import defaultdict
from collections.abc import Collection, Sequence

from core.answers.record import LEAST_POSITIONS, LEAST_SUBSCRIBERS, ExecutionFigures
from core.executions.copy import PaperSignal, copy_sums
from core.executions.coverage import Coverage, coverage, joined
from core.robots.accounts import Account
from storage.record.copies import Joined
from storage.record.record_reads import Model
from storage.stores import Stores

# The owner's own terminals are no subscriber's.
_OWNER = 0


class CopiedSignals:
    """Copies of a window by the model whose signal they are of."""

    def __init__(
        self, stores: Stores, signals: Sequence[PaperSignal], since: int, now: int
    ) -> None:
        every = [one for one in stores.copies.since(since) if one.account_id != _OWNER]
        papers = stores.record_reads.papers({one.copy.seq for one in every})
        self._copies: dict[Model, list[Joined]] = defaultdict(list)
        for one in every:
            if paper := papers.get(one.copy.seq):
                self._copies[paper.target, paper.model_hash].append(one)
        self._signals: dict[Model, list[PaperSignal]] = defaultdict(list)
        for signal in signals:
            self._signals[signal.target, signal.model_hash].append(signal)
        ids = {one.account_id for one in every}
        self._accounts = stores.accounts.some(ids)
        self._now = now
        self._signs = stores.copies.signs(every, since)

    def figures(self, models: Collection[Model]) -> ExecutionFigures | None:
        """Return what was made of the signals of some models; None where too few copied them."""
        copies = [
            one
            for model in models
            for one in self._copies.get(model, [])
            if not one.copy.implausible
        ]
        subscribers = len({one.account_id for one in copies})
        if subscribers < LEAST_SUBSCRIBERS or len(copies) < LEAST_POSITIONS:
            return None
        sums = copy_sums(one.copy for one in copies)
        r = [one.copy.r for one in copies if one.copy.r is not None]
        gains, losses = sum(x for x in r if x > 0), -sum(x for x in r if x < 0)
        covered = joined(
            self._coverage(account, model) for account in self._accounts for model in models
        )
        return ExecutionFigures(
            n=len(copies),
            subscribers=subscribers,
            pf=gains / losses if losses else None,
            win_rate=sum(x > 0 for x in r) / len(r) if r else None,
            expectancy_r=sum(r) / len(r) if r else None,
            slippage_bps_p50=sums.slippage_bps_p50,
            slippage_bps_p90=sums.slippage_bps_p90,
            delay_s_p50=sums.delay_s_p50,
            delay_s_p90=sums.delay_s_p90,
            copied_pct=covered.percent,
            skipped=covered.skipped,
            gap_r=sums.gap_r,
        )

    def _coverage(self, account: Account, model: Model) -> Coverage:
        target = model[0]
        seen = account.limits(self._now).allow(target.symbol, target.resolution)
        return coverage(self._signals.get(model, []) if seen else [], self._signs[account.id])
