"""Read what a transaction of new trades depends on, in one trip if nobody else writes."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from msgspec.structs import replace

from core.series import Series
from storage import keys
from storage.candles.live_grids import PLAIN_GRIDS, CandleGrids, grid_keys, read_grids
from storage.journal import ticks
from storage.journal.columns import Trades
from storage.optimistic import GiveWay
from storage.trades import building
from storage.trades.held import Openings, checked, parse_held, queue_held
from storage.trades.seen_ids import SeenIds, legacy_seen
from storage.trades.sort_out import Blocks, touched_blocks
from storage.trades.state import SymbolState


class Before(NamedTuple):
    """What is known of a symbol before a transaction; `newest` is its newest tick."""

    grids: CandleGrids
    state: SymbolState
    candles: building.Held
    ids: dict[int, SeenIds]
    newest: ticks.HeldTicks


class _Beside(NamedTuple):
    """What a state says is to be read beside it: blocks of ids by epoch, and open candles."""

    blocks: dict[int, Blocks]
    opened: list[building.Key]

    @classmethod
    def of(cls, state: SymbolState, batches: list[Trades], wanted: Openings) -> "_Beside":
        opened = [key for key in state.open.items() if key[1] not in wanted[key[0]]]
        return cls(touched_blocks(batches, state), opened)

    def queue(self, pipe: Any, platform: str, symbol: str) -> None:
        for epoch, blocks in self.blocks.items():
            pipe.hmget(keys.seen_ids(platform, symbol), SeenIds.fields(epoch, blocks))
        for resolution, opening in self.opened:
            name, at = keys.flags(Series(platform, symbol, resolution)), opening * 1_000
            pipe.execute_command("TS.RANGE", name, at, at)

    def parse(
        self,
        replies: Iterator[Any],
        grids: CandleGrids,
        state: SymbolState,
        candles: building.Held,
        newest: ticks.HeldTicks,
    ) -> Before:
        ids = {
            epoch: SeenIds(epoch, blocks, next(replies), legacy_seen(state, epoch))
            for epoch, blocks in self.blocks.items()
        }
        for key in self.opened:
            flags = next(replies)
            marks = int(float(flags[0][1])) if flags else 0
            candles.setdefault(key, building.HeldCandle(None, bool(flags), marks, bool(flags)))
        return Before(grids, state, candles, ids, newest)


class BeforeReader:
    """Reads states and what they point to together: where they stand is known from last time."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._last: dict[tuple[str, str], SymbolState] = {}

    def remember(self, platform: str, symbol: str, state: SymbolState) -> None:
        """Expect a symbol's state to be this one the next time."""
        # Without what may be long, and only read.
        expected = SymbolState(open=dict(state.open), epochs=list(state.epochs), grids=state.grids)
        self._last[platform, symbol] = expected

    def read(
        self, platform: str, batches: dict[str, list[Trades]], *, gives_way: bool
    ) -> dict[str, Before]:
        """Return what is stored of each symbol; raises `SeriesMissing`.

        Raises `GiveWay` where another has the right of way, if asked to give it.
        """
        last = {symbol: self._last.get((platform, symbol), SymbolState()) for symbol in batches}
        found = self._read(platform, batches, last, gives_way=gives_way)
        # Candles of other grids than expected stand elsewhere.
        moved = {s: batches[s] for s, one in found.items() if one.grids != last[s].grids}
        if moved:
            last |= {s: replace(found[s].state, grids=found[s].grids) for s in moved}
            found |= self._read(platform, moved, last, gives_way=False)
        return found

    def _read(
        self,
        platform: str,
        batches: dict[str, list[Trades]],
        last: dict[str, SymbolState],
        *,
        gives_way: bool,
    ) -> dict[str, Before]:
        wanted = {s: building.openings(parts, last[s].grids) for s, parts in batches.items()}
        beside = {s: _Beside.of(last[s], batches[s], wanted[s]) for s in batches}
        pipe = self._client.pipeline(transaction=False)
        pipe.exists(*(keys.right_of_way(platform, symbol) for symbol in batches))
        pipe.exists(*(name for symbol in batches for name in grid_keys(platform, symbol)))
        for symbol in batches:
            queue_held(pipe, platform, symbol, wanted[symbol])
            ticks.queue_newest(pipe, platform, symbol)
            beside[symbol].queue(pipe, platform, symbol)
        replies = iter(checked(pipe.execute(raise_on_error=False)))
        if next(replies) and gives_way:
            raise GiveWay
        grids = read_grids(self._client, platform, batches) if next(replies) else {}
        found: dict[str, Before] = {}
        other: dict[str, _Beside] = {}
        for symbol in batches:
            state, candles = parse_held(replies, wanted[symbol])
            newest, own = ticks.parse_newest(replies), grids.get(symbol, PLAIN_GRIDS)
            found[symbol] = beside[symbol].parse(replies, own, state, candles, newest)
            if (state.open, state.epochs) != (last[symbol].open, last[symbol].epochs):
                other[symbol] = _Beside.of(state, batches[symbol], wanted[symbol])
        return found | self._read_again(platform, other, found)

    def _read_again(
        self, platform: str, beside: dict[str, _Beside], found: dict[str, Before]
    ) -> dict[str, Before]:
        """Return those whose state was not the expected one."""
        if not beside:
            return {}
        pipe = self._client.pipeline(transaction=False)
        for symbol, one in beside.items():
            one.queue(pipe, platform, symbol)
        replies = iter(checked(pipe.execute(raise_on_error=False)))
        return {
            symbol: one.parse(replies, before.grids, before.state, before.candles, before.newest)
            for symbol, one in beside.items()
            for before in (found[symbol],)
        }
