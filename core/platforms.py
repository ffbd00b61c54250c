"""Platforms that candles can be fetched from, and how each writes its symbols.

The names are ccxt's, save that `coinbase` is Coinbase Exchange, whose public
candles need no key (ccxt calls it `coinbaseexchange`; its own `coinbase` is
Advanced Trade, here `coinbaseadvanced`). A test holds the list equal to what the
installed ccxt offers.
"""

import difflib
from types import MappingProxyType
from typing import NamedTuple

from core.errors import InvalidRequest, NotFound
from core.names import is_foreign, spell_symbol

CCXT_NAMES = frozenset(
    """
alpaca apex aster backpack bequant bigone binance binancecoinm binanceus binanceusdm bingx bit2c
bitbank bitbns bitfinex bitflyer bitget bithumb bitopro bitrue bitso bitstamp bitteam bittrade
bitvavo blockchaincom blofin btcbox btcmarkets btcturk btse bullish bybit bybiteu bybitid bydfi
cex coinbase coinbaseexchange coinbaseinternational coincheck coinmate coinone coinsph coinspot
cryptocom cryptomus deepcoin delta deribit derive digifinex dydx extended fmfwio foxbit gate
gateeu gemini grvt hashkey hibachi hitbtc hollaex htx hyperliquid independentreserve indodax
kraken krakenfutures kucoin kucoinfutures latoken lbank lighter luno mercado mexc modetrade
mudrex myokx nado ndax okx okxus onetrading p2b pacifica paradex paymium phemex poloniex
polymarket revolutx tokocrypto toobit upbit weex whitebit woo woofipro xt zaif zebpay
""".split()
)

ALIASES = {"coinbase": "coinbaseexchange", "coinbaseadvanced": "coinbase"}
# Exchanges whose API has no candles at all.
WITHOUT_CANDLES = frozenset(
    """
bit2c bitbns bitflyer blockchaincom btcbox coincheck coinmate coinone coinspot cryptomus
independentreserve latoken paymium zaif
""".split()
)
PLATFORMS = (CCXT_NAMES - WITHOUT_CANDLES) | ALIASES.keys()
# Providers that are no exchanges and ask for a key, and the lengths (s) that they are asked for:
# what is longer begins there by a clock of their own, and is made here of hours.
PROVIDERS = MappingProxyType(
    {
        "massive": (60, 180, 300, 600, 900, 1_800, 3_600),
        "metaapi": (60, 300, 900, 1_800, 3_600),
    }
)


class ProviderAccess(NamedTuple):
    """Address, key and account of a provider; `missing` names a setting that it lacks."""

    url: str
    key: str
    account: str
    missing: str


# Whatever candles can be fetched from; those of other platforms are brought.
FETCHED = PLATFORMS | PROVIDERS.keys()

# Exchanges whose trade ids follow each other without a hole in each market, so that a
# missing one is a missed trade. Elsewhere one counter serves many markets, or nobody says.
CONTIGUOUS_IDS = frozenset({"coinbase", "coinbaseexchange", "binance", "binanceus"})

# Exchanges whose order books a collector keeps.
WITH_BOOKS = ("binance", "binanceus", "coinbase", "coinbaseexchange")

# What stands between base and quote in the raw symbols of the venues that we know.
_SEPARATORS = {"coinbase": "-", "coinbaseexchange": "-", "coinbaseadvanced": "-",
               "binance": "", "binanceus": "", "bybit": "", "bitstamp": "", "kraken": "",
               "kucoin": "-", "okx": "-", "gate": "_", "bitfinex": "", "gemini": "",
               "bitget": "", "htx": "", "mexc": "", "cryptocom": "_"}  # fmt: skip

# Candle lengths that each platform's API offers (of those that we know), in minutes.
_MINUTES = """
1 3 5 15 30 60 120 240 360 480 720 1440: alpaca aster binance binancecoinm binanceus binanceusdm
    blofin coinsph grvt hashkey kucoin kucoinfutures tokocrypto toobit whitebit
1 5 15 30 60 120 240 360 720 1440: apex foxbit ndax
1 3 5 60 120 240 360 480 720 1440: backpack
1 3 5 15 30 60 240 1440: bequant fmfwio hitbtc
1 5 15 30 60 240 360 720 1440: bigone bitfinex cryptocom polymarket
1 3 5 15 30 60 120 240 360 720 1440: bingx bitget bitstamp bybit bybiteu bybitid bydfi myokx okx
    okxus phemex
1 5 15 30 60 240 480 720 1440: bitbank
1 3 5 10 15 30 60 240: bithumb
1 5 15 30 60 360 720 1440: bitopro
1 5 15 30 60 120 240 1440: bitrue cex
1 5 15 30 60 240 720 1440: bitso deepcoin digifinex krakenfutures lighter modetrade woo woofipro
1 5 15 60 1440: bitteam
1 5 15 30 60 240 1440: bittrade dydx htx kraken luno onetrading revolutx
1 5 15 30 60 120 240 360 480 720 1440: bitvavo lbank weex
1 60 1440: btcmarkets p2b
1 15 30 60 240 1440: btcturk indodax
1 5 15 30 60 240 360 1440: btse
1 5 30 60 360 720 1440: bullish
1 5 15 30 60 120 360 1440: coinbaseadvanced coinbaseinternational
1 5 15 60 360 1440: coinbase coinbaseexchange
1 3 5 15 30 60 120 240 360 1440: delta
1 3 5 10 15 30 60 120 360 720 1440: deribit
1 5 15 30 60 240 480 1440: derive mexc
1 5 15 30 60 120 240 480 720 1440: extended
1 5 15 30 60 120 240 480 1440: gate gateeu
1 5 15 30 60 360 1440: gemini
1 5 15 60 240 1440: hibachi hollaex
1 3 5 15 30 60 120 240 480 720 1440: hyperliquid pacifica
15 60 1440: mercado
1 3 5 10 15 30 60 240 360 720 1440: mudrex
1 5 15 60 120 240 1440: nado
1 3 5 15 30 60: paradex
1 5 10 15 30 60 120 240 360 720 1440: poloniex
1 3 5 10 15 30 60 240 1440: upbit
1 5 15 30 60 120 240 360 480 1440: xt
1 5 15 30 60 120 240 720 1440: zebpay
"""


def _offered() -> dict[str, tuple[int, ...]]:
    offered: dict[str, tuple[int, ...]] = {}
    for line in _MINUTES.replace("\n    ", " ").strip().splitlines():
        minutes, _, names = line.partition(":")
        lengths = tuple(60 * int(count) for count in minutes.split())
        offered |= dict.fromkeys(names.split(), lengths)
    return offered


RESOLUTIONS_OFFERED = _offered() | PROVIDERS


def check_platform(platform: str) -> str:
    """Return `platform` if candles can be fetched from it; else `NotFound` with the nearest."""
    if platform not in FETCHED:
        near = difflib.get_close_matches(platform[:64].lower(), FETCHED, n=3, cutoff=0.5)
        hint = f" Nearest: {', '.join(near)}." if near else ""
        raise NotFound(f"platform is not one that candles can be fetched from.{hint}")
    return platform


def check_platform_resolution(platform: str, resolution: int) -> int:
    """Return `resolution` (seconds) unless the platform is known not to offer it."""
    offered = RESOLUTIONS_OFFERED.get(platform)
    if offered and resolution not in offered:
        known = ", ".join(map(str, offered))
        raise InvalidRequest(f"resolution: {platform} offers candles of {known} seconds only.")
    return resolution


def fetched_resolution(platform: str, resolution: int) -> int:
    """Return the longest candles that a platform offers and that make those of a length (s).

    Raises `InvalidRequest` where it is known to offer none.
    """
    offered = RESOLUTIONS_OFFERED.get(platform, (resolution,))
    fitting = [one for one in offered if resolution % one == 0]
    return max(fitting) if fitting else check_platform_resolution(platform, resolution)


def ccxt_name(platform: str) -> str:
    """Return what ccxt calls the platform; raises `NotFound` like `check_platform`."""
    return ALIASES.get(check_platform(platform), platform)


def raw_symbol(platform: str, symbol: str) -> str:
    """Return a symbol as the platform writes it: `BTC/USD` is `BTC-USD` on Coinbase.

    A symbol without a slash is taken to be raw already. One of others' making,
    such as `BTC/USDT:USDT` or `^GSPC`, is spelt as `core.names.spell_symbol` says.
    """
    if is_foreign(symbol):
        return spell_symbol(symbol)
    return symbol.replace("/", _SEPARATORS.get(platform, "-"))


def contiguous_ids(platform: str) -> bool:
    """Say whether a missing trade id of one market of the platform is a missed trade."""
    return platform in CONTIGUOUS_IDS
