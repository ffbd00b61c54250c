"""Which market a name means: told in the settings, exact, of equal letters, or of one holder."""

import difflib
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

from core.errors import InvalidRequest, NotFound
from core.names import check_name, read_symbol
from core.platforms import raw_symbol
from core.series import Market

# What users ask for before anything is held, and where it can be fetched from.
USUAL_MARKETS: Mapping[str, Market] = MappingProxyType(
    {
        "XAUUSD": Market("massive", "XAUUSD"),
        "EURUSD": Market("massive", "EURUSD"),
        "GBPUSD": Market("massive", "GBPUSD"),
        "BTCUSD": Market("coinbase", "BTC-USD"),
        "ETHUSD": Market("coinbase", "ETH-USD"),
    }
)
_SEPARATORS = str.maketrans("", "", "-_/.")
_PAIR = re.compile(r"([A-Z0-9]{2,10})[-_/]([A-Z0-9]{2,10})\Z")
_NAMED = 3


def letters(name: str) -> str:
    """Return what is left of a name without separators and case: `btc-usd` is `BTCUSD`."""
    return read_symbol(name).translate(_SEPARATORS).upper()


def parse_symbol_map(told: Mapping[str, str]) -> dict[str, Market]:
    """Return markets by name from `{"XAUUSD": "file:XAUUSD"}`; raises `InvalidRequest`."""
    found = {}
    for name, place in told.items():
        platform, colon, symbol = place.partition(":")
        if not colon:
            raise InvalidRequest(f"{place} is not like coinbase:BTC-USD")
        raw = raw_symbol(check_name(platform, "a platform"), symbol)
        found[check_name(name, "a name")] = Market(platform, check_name(raw, "a symbol"))
    return found


class MarketNames:
    """The markets that there are, found by the names that people say.

    `told` maps names to markets before all else, held or not. USD stands for USDT or USDC
    nowhere but there.
    """

    def __init__(
        self, markets: Iterable[Market], told: Mapping[str, Market], default_platform: str
    ) -> None:
        self.markets = frozenset(markets)
        self.told = told
        self._told_letters = {letters(name): market for name, market in told.items()}
        self._told_names = {market: name for name, market in reversed(list(told.items()))}
        self._default = default_platform
        self._alike: dict[str, list[Market]] = defaultdict(list)
        for market in sorted(self.markets):
            self._alike[letters(market.symbol)].append(market)

    def find(
        self,
        name: str,
        platform: str | None = None,
        may_see: Callable[[Market], bool] = lambda market: True,
    ) -> Market:
        """Return the market that a name means, on a platform if one is named.

        The first of: what the settings map it to; that very symbol on the platform, or on
        the default one; the one with equal letters there; where no platform is named, the
        only one elsewhere. Raises `InvalidRequest` naming several, and `NotFound` with the
        nearest names; of markets that somebody may not see, neither names any.
        """
        where = platform or self._default
        if (told := self.told.get(name)) and platform in (None, told.platform):
            return told
        exact = Market(where, raw_symbol(where, name))
        if exact in self.markets:
            return exact
        told = self._told_letters.get(letters(name))
        if told and platform in (None, told.platform):
            return told
        alike = self._alike.get(letters(name), [])
        found = [market for market in alike if market.platform == where]
        if not found and platform is None:
            found = [one for one in alike if one.symbol == raw_symbol(one.platform, name)] or alike
        if len(found) > 1:
            # What is said of one that nobody here may see is for the caller to say.
            found = list(filter(may_see, found)) or found[:1]
        if len(found) > 1:
            raise _several(name, found)
        if not found:
            raise self._unknown(name, platform, may_see)
        return found[0]

    def name_of(self, market: Market) -> str:
        """Return the name that users say: `coinbase:BTC-USD` is `BTCUSD`."""
        if name := self._told_names.get(market):
            return name
        symbol = read_symbol(market.symbol)
        pair = _PAIR.match(symbol)
        joined: str = pair[1] + pair[2] if pair else symbol
        beside = [
            one for one in self._alike.get(letters(joined), []) if one.platform == market.platform
        ]
        if len(beside) == 1:
            return joined
        return symbol if raw_symbol(market.platform, symbol) == market.symbol else market.symbol

    def _unknown(
        self, name: str, platform: str | None, may_see: Callable[[Market], bool]
    ) -> NotFound:
        near = self._nearest(name, platform, may_see)
        hint = f" Nearest: {', '.join(near)}." if near else ""
        place = f" on {platform[:64]}" if platform else ""
        return NotFound(f"symbol: no market is known as {name[:64]}{place}.{hint}")

    def _nearest(
        self, name: str, platform: str | None, may_see: Callable[[Market], bool]
    ) -> list[str]:
        among = [one for one in self.markets if platform in (None, one.platform) and may_see(one)]
        names = {letters(shown): shown for shown in sorted(map(self.name_of, among))}
        if platform is None:
            told = (shown for shown, market in self.told.items() if may_see(market))
            names |= {letters(shown): shown for shown in told}
        near = difflib.get_close_matches(letters(name[:64]), names, n=_NAMED, cutoff=0.3)
        return [names[one] for one in near]


def usual_market(name: str, platform: str | None = None) -> Market | None:
    """Return where a name that nothing is held of can be fetched from, if anybody knows."""
    usual = USUAL_MARKETS.get(letters(name))
    return usual if usual and platform in (None, usual.platform) else None


def _several(name: str, found: list[Market]) -> InvalidRequest:
    platforms = list(dict.fromkeys(market.platform for market in found))
    if len(platforms) > 1:
        detail = f"platform: {name[:64]} is held of {', '.join(platforms)}; name one."
        return InvalidRequest(detail, field="platform", choices=platforms)
    symbols = [market.symbol for market in found]
    detail = f"symbol: {name[:64]} may be {' or '.join(symbols)} of {platforms[0]}; say which."
    return InvalidRequest(detail, field="symbol", choices=symbols)
