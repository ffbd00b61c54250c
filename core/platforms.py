"""Platforms that candles can be fetched from, and how each writes its symbols.

The names are ccxt's, save that `coinbase` is Coinbase Exchange, whose public
candles need no key (ccxt calls it `coinbaseexchange`; its own `coinbase` is
Advanced Trade, here `coinbaseadvanced`). A test holds the list equal to what the
installed ccxt offers.
"""

import difflib

from core.errors import InvalidRequest, NotFound

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
PLATFORMS = CCXT_NAMES | ALIASES.keys()

# What stands between base and quote in the raw symbols of the venues that we know.
_SEPARATORS = {"coinbase": "-", "coinbaseexchange": "-", "coinbaseadvanced": "-",
               "binance": "", "binanceus": "", "bybit": "", "bitstamp": "", "kraken": "",
               "kucoin": "-", "okx": "-", "gate": "_", "bitfinex": ""}  # fmt: skip
_RESOLUTIONS = {
    "coinbase": (60, 300, 900, 3_600, 21_600, 86_400),
    "coinbaseexchange": (60, 300, 900, 3_600, 21_600, 86_400),
    "binance": (60, 180, 300, 900, 1_800, 3_600, 7_200, 14_400, 21_600, 28_800, 43_200, 86_400),
    "kraken": (60, 300, 900, 1_800, 3_600, 14_400, 86_400),
}


def check_platform(platform: str) -> str:
    """Return `platform` if candles can be fetched from it; else `NotFound` with the nearest."""
    if platform not in PLATFORMS:
        near = difflib.get_close_matches(platform[:64].lower(), PLATFORMS, n=3, cutoff=0.5)
        hint = f" Nearest: {', '.join(near)}." if near else ""
        raise NotFound(f"platform is not one that candles can be fetched from.{hint}")
    return platform


def check_platform_resolution(platform: str, resolution: int) -> int:
    """Return `resolution` (seconds) unless the platform is known not to offer it."""
    offered = _RESOLUTIONS.get(platform)
    if offered and resolution not in offered:
        known = ", ".join(map(str, offered))
        raise InvalidRequest(f"resolution: {platform} offers candles of {known} seconds only.")
    return resolution


def raw_symbol(platform: str, symbol: str) -> str:
    """Return a symbol as the platform writes it: `BTC/USD` is `BTC-USD` on Coinbase.

    A symbol without a slash is taken to be raw already.
    """
    return symbol.replace("/", _SEPARATORS.get(platform, "-"))
