"""The market that a message is about."""

import itertools
import re
from collections.abc import Iterator

from agent.narrator.message import Message
from agent.tools.tool import Toolbox

# What people call the markets that are usual, and how venues spell those, the likeliest first.
_NICKNAMES = {
    "XAUUSD": "gold oro ouro xau",
    "XAGUSD": "silver plata prata xag",
    "BTCUSD BTCUSDT XBTUSD": "bitcoin bitcoins btc xbt",
    "ETHUSD ETHUSDT": "ethereum ether eth",
    "SOLUSD SOLUSDT": "solana",
    "XRPUSD XRPUSDT": "ripple xrp",
    "DOGEUSD DOGEUSDT": "doge dogecoin",
    "LTCUSD LTCUSDT": "litecoin ltc",
    "ADAUSD ADAUSDT": "cardano",
    "EURUSD": "euro euros eur fiber eurodollar",
    "GBPUSD": "pound pounds cable sterling libra libras gbp",
    "USDJPY": "yen yenes ienes jpy",
    "USDCHF": "franc franco francos swissy chf",
    "USDCAD": "loonie cad",
    "AUDUSD": "aussie aud",
    "NZDUSD": "kiwi nzd",
    "USDMXN": "mxn",
    "USDBRL": "brl",
    "USOIL WTIUSD XTIUSD WTI": "oil crude wti petroleo",
    "UKOIL BRENT XBRUSD": "brent",
    "NAS100 US100 USTEC NDX": "nasdaq",
    "US500 SPX500 SPX": "spx sp500",
    "US30 DJI": "dow",
    "GER40 DE40 DAX": "dax",
}
_BY_NICKNAME = {
    name: symbols.split() for symbols, names in _NICKNAMES.items() for name in names.split()
}
# Two words for one pair ("eur usd", "pound dollar").
_CURRENCIES = {
    "eur": "eur euro",
    "usd": "usd dollar dollars dolar dolares",
    "gbp": "gbp pound libra sterling",
    "jpy": "jpy yen iene",
    "chf": "chf franc franco",
    "aud": "aud aussie",
    "nzd": "nzd kiwi",
    "cad": "cad loonie",
    "btc": "btc bitcoin",
    "eth": "eth ether ethereum",
    "xau": "xau",
    "xag": "xag",
}
_CODES = {name: code for code, names in _CURRENCIES.items() for name in names.split()}
_PAIR = re.compile(
    r"(?i)[a-z0-9]{2,10}[/:-][a-z0-9./_-]{2,20}\Z|[a-z]{2,6}(?:usd[tc]?|eur|jpy|gbp|chf|brl|btc)\Z"
)
_SHOUTED = re.compile(r"[A-Z][A-Z0-9.=^-]{2,14}\Z")
_PLAIN = re.compile(r"[A-Za-z0-9]{3,8}\Z")
_CODE = re.compile(
    r"(?i)(?:[mhd]\d{1,3}|\d{1,3}[mhd]|rr_?\d.*|amd|p&l|pnl|utc|ohlc|api|asap|usd|eur|gbp|pls)\Z"
)
_NAMED = re.compile(
    r"\b(?:price|quote|precio|cotizacion|preco|cotacao|signal|senal|sinal|range|rango|faixa|phase|"
    r"fase|regime\w*|trend|tendenc\w+) (?:of|for|on|in|de|del|da|do|no|na|para|en) "
    r"(?:the |el |la |los |o |a )?([a-z][\w./-]{2,})"
)
_NO_NAMES = frozenset(
    """it that this them those these eso esa ese esta este isso esse essa mercado mercados market
    markets today hoy hoje now ahora agora tomorrow manana amanha trade trades trading the next
    last one una which what que cual qual signal signals price prices compra venta sell
    buy""".split()
)
_MOST_TRIED, _MOST_LENGTH, _MOST_WORDS = 8, 64, 4


async def market_in(message: Message, toolbox: Toolbox) -> str | None:
    """Return what the market is called that a message names first; None if it names none."""
    for name in _tried(message):
        if (found := await toolbox.market(name)) is not None:
            return found
    return None


def names_another(message: Message) -> bool:
    """Say whether a message in which no market was found seems to name one all the same."""
    if any(_PAIR.match(word) or _is_shouted(word, message) for word in _names(message)):
        return True
    named = _NAMED.search(message.plain)
    return named is not None and named[1] not in _NO_NAMES


def is_name(word: str) -> bool:
    """Say whether a word, without accents, is how people call a market, or looks like one."""
    return word in _BY_NICKNAME or word in _CODES or bool(_PAIR.match(word))


def _names(message: Message) -> list[str]:
    words = [word for word in message.words if word.isascii() and len(word) <= _MOST_LENGTH]
    return [word for word in words if not _CODE.match(word)]


def _is_shouted(word: str, message: Message) -> bool:
    return bool(_SHOUTED.match(word)) and not message.text.isupper()


def _tried(message: Message) -> Iterator[str]:
    """Return what may name a market, the likeliest first."""
    names, plain = _names(message), re.findall(r"[a-z0-9]+", message.plain)
    likely = [word.upper() for word in names if _PAIR.match(word)]
    likely += [word for word in names if _SHOUTED.match(word)]
    codes = [_CODES.get(word) for word in plain]
    pairs = [
        f"{base}{quote}".upper()
        for base, quote in itertools.pairwise(codes)
        if base and quote and base != quote
    ]
    known = [symbol for word in plain for symbol in _BY_NICKNAME.get(word, ())]
    perhaps = [word.upper() for word in names if _PLAIN.match(word)]
    perhaps = perhaps if len(message.words) <= _MOST_WORDS else []
    ordered = [*known, *likely] if message.text.isupper() else [*likely, *known]
    yield from list(dict.fromkeys([*pairs, *ordered, *perhaps]))[:_MOST_TRIED]
