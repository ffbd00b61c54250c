"""Trades without ids: told apart from a repetition as far as that can be done."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from storage.journal.columns import Trades
from storage.journal.journal import Journal

Row = tuple[int, float, float, int]


def drop_repeated(
    journal: Journal, platform: str, symbol: str, batch: Trades, before: Sequence[Trades] = ()
) -> tuple[Trades, int]:
    """Return the trades of `batch` that the journal does not hold yet, and how many it did.

    `before` is what is about to be journaled ahead of it.

    Two trades are the same when time, price, size and side are; several same
    ones in one batch are all kept. A batch sent twice so counts once, but of two
    truly identical trades in different batches the second is taken for a
    repetition: exact only for sources that send ids or a sequence.
    """
    if not len(batch):
        return batch, 0
    start, end = int(batch.time.min() // 1_000), int(batch.time.max() // 1_000)
    held: Counter[Row] = Counter()
    for entry in (*journal.entries(platform, symbol, start, end), *before):
        held.update(_rows(entry))
    keep = np.ones(len(batch), dtype=np.bool_)
    for position, row in enumerate(_rows(batch)):
        if held[row] > 0:
            held[row] -= 1
            keep[position] = False
    return batch.take(keep), int((~keep).sum())


def _rows(trades: Trades) -> list[Row]:
    columns = (trades.time, trades.prices(), trades.sizes(), trades.side)
    return list(zip(*(column.tolist() for column in columns), strict=True))
