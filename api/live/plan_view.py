"""What a subscriber's socket may hear: candles and signals of the slots that the plan shows."""

from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import product
from typing import NamedTuple

from api.robots.offered import OfferedSlots, is_visible, not_in_plan
from core.clock.resolutions import timeframe_code
from core.errors import Forbidden, InvalidRequest, NotInPlan, RequestError
from core.forecast_target import ForecastTarget
from core.robots.accounts import Account
from core.series import Market
from storage.trades.live import LiveKind

# What else is told is of whole markets, which no plan names.
OF_SLOTS = (LiveKind.CANDLES, LiveKind.SIGNAL)
PAIRS_LIMIT = 200


class Heard(NamedTuple):
    """A kind of news of one slot."""

    market: Market
    kind: LiveKind
    resolution: int


class PlanView:
    """The slots that one socket asked for, each looked at anew whenever there is news of it.

    `account` says how the account is now: a plan may change or end while the socket is open.
    """

    def __init__(self, offered: OfferedSlots, account: Callable[[], Account]) -> None:
        self._offered = offered
        self._account = account
        # Whether the plan showed it when there was news last.
        self._asked: dict[Heard, bool] = {}

    def check(self, kinds: Iterable[LiveKind]) -> None:
        """Raise `Forbidden` for kinds of news that no plan has."""
        if not set(kinds) <= set(OF_SLOTS):
            raise Forbidden("A subscriber's key hears the channels candles and signals.")

    def slots(
        self, symbols: Sequence[str], lengths: Collection[int], platform: str | None
    ) -> tuple[list[ForecastTarget], list[tuple[str, RequestError]]]:
        """Return the slots that are meant, and why others are not to be heard, by symbol.

        What is not narrowed is all that the plan shows. It may wait for SQL. Raises
        `InvalidRequest` for more than one message may name.
        """
        if len(symbols) * len(lengths) > PAIRS_LIMIT:
            raise InvalidRequest(
                f"symbols and resolutions must name at most {PAIRS_LIMIT} slots together."
            )
        account, found = self._account(), dict[ForecastTarget, None]()
        wanted = symbols or sorted({slot.target.symbol for slot in self._offered.now(account)})
        refused: list[tuple[str, RequestError]] = []
        narrowed: Collection[int | None] = lengths or [None]
        for symbol, length in product(dict.fromkeys(wanted), narrowed):
            try:
                targets = self._offered.current(account, symbol, length, platform)
            except RequestError as error:
                refused.append((symbol, error))
            else:
                found |= dict.fromkeys(targets)
        return list(found), refused

    def add(self, slots: Iterable[ForecastTarget], kinds: Collection[LiveKind]) -> None:
        """Hear of these slots from now on."""
        for slot in slots:
            market = Market(slot.platform, slot.symbol)
            self._asked |= {Heard(market, kind, slot.resolution): True for kind in kinds}

    def markets(self, symbols: Collection[str], platform: str | None) -> list[Market]:
        """Return the markets of which something is heard, those named if any are."""
        every = dict.fromkeys(heard.market for heard in self._asked)
        return [
            market
            for market in every
            if (not symbols or market.symbol in symbols) and platform in (None, market.platform)
        ]

    def drop(self, markets: Collection[Market], kinds: Collection[LiveKind]) -> None:
        """Hear no more of these."""
        self._asked = {
            heard: shown
            for heard, shown in self._asked.items()
            if heard.market not in markets or heard.kind not in kinds
        }

    def shows(self, heard: Heard, refuse: Callable[[NotInPlan], None]) -> bool:
        """Say whether the plan shows it now; `refuse` is called once it does no longer."""
        before = self._asked.get(heard)
        if before is None:
            return False
        account, symbol = self._account(), heard.market.symbol
        shown = self._asked[heard] = is_visible(account, symbol, heard.resolution)
        if before and not shown:
            slot = f"{symbol} {timeframe_code(heard.resolution)}"
            refuse(not_in_plan(account, slot))
        return shown
