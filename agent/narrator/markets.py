"""The market that a message is about."""

import re
from collections.abc import Iterator

from agent.narrator.message import Message
from agent.tools.tool import Toolbox

# What people call the markets that are usual here.
_NICKNAMES = {
    "XAUUSD": "gold oro ouro xau",
    "XAGUSD": "silver plata prata xag",
    "BTCUSD": "bitcoin bitcoins btc xbt",
    "ETHUSD": "ethereum ether eth",
    "EURUSD": "euro euros eur fiber",
    "GBPUSD": "pound pounds cable sterling libra libras gbp",
}
_BY_NICKNAME = {name: symbol for symbol, names in _NICKNAMES.items() for name in names.split()}
_PAIR = re.compile(
    r"(?i)[a-z0-9]{2,10}[/:-][a-z0-9./_-]{2,20}\Z|[a-z]{2,6}(?:usd[tc]?|eur|jpy|gbp|chf|brl|btc)\Z"
)
_SHOUTED = re.compile(r"[A-Z][A-Z0-9.=^-]{2,14}\Z")
_PLAIN = re.compile(r"[A-Za-z0-9]{3,8}\Z")
_CODE = re.compile(r"(?i)(?:[mhd]\d{1,3}|\d{1,3}[mhd]|rr_?\d.*|amd|p&l|pnl|utc)\Z")
_MOST_TRIED, _MOST_LENGTH = 8, 64


async def market_in(message: Message, toolbox: Toolbox) -> str | None:
    """Return what the market is called that a message names first; None if it names none."""
    for name in _tried(message):
        if (found := await toolbox.market(name)) is not None:
            return found
    return None


def _tried(message: Message) -> Iterator[str]:
    """Return what may name a market, the likeliest first."""
    words = [word for word in message.words if word.isascii() and len(word) <= _MOST_LENGTH]
    names = [word for word in words if not _CODE.match(word)]
    likely = [word.upper() for word in names if _PAIR.match(word)]
    likely += [word for word in names if _SHOUTED.match(word)]
    known = [_BY_NICKNAME[word.lower()] for word in words if word.lower() in _BY_NICKNAME]
    perhaps = [word.upper() for word in names if _PLAIN.match(word)] if len(words) <= 4 else []
    tried = list(dict.fromkeys([*likely, *known, *perhaps]))
    yield from tried[:_MOST_TRIED]
