"""What a broker's name of a market means: its decorations cut, so that one market has one name."""

import re
from collections.abc import Mapping

from core.errors import InvalidRequest
from core.names import check_name, spell_symbol

# What one half of a pair may be: currencies, metals, and coins that brokers quote.
CURRENCIES = frozenset(
    "AUD BRL CAD CHF CLP CNH CNY CZK DKK EUR GBP HKD HUF IDR ILS INR JPY KRW MXN MYR NOK NZD PHP "
    "PLN RON RUB SEK SGD THB TRY TWD USD ZAR XAG XAU XPD XPT".split()
)
COINS = frozenset("ADA BCH BNB BTC DOT EOS ETC ETH LTC SOL TRX XLM XMR XRP".split())
# Metals under their plain names.
_METALS = {"GOLD": "XAUUSD", "SILVER": "XAGUSD", "PLATINUM": "XPTUSD", "PALLADIUM": "XPDUSD"}

# Of prefixes in letters only those are cut that something parts from the name, or their case does.
_BEFORE = r"(?:[A-Za-z]{1,5}[._:-]|[a-z]{1,3}(?=[A-Z]{6}))?[^A-Za-z0-9]*"
_AFTER = r"[^\s]{0,16}"
_PAIR = re.compile(rf"{_BEFORE}([A-Za-z]{{3}})[/._-]?([A-Za-z]{{3}})({_AFTER})\Z")
# Dollars that are coins themselves: another market.
_TETHERS = ("T", "C")
_METAL = re.compile(rf"{_BEFORE}({'|'.join(_METALS)})(?:[^A-Za-z0-9].{{0,15}}|[a-z]{{1,5}})?\Z")


def pair_of(name: str) -> str | None:
    """Return the pair of currencies that a name begins with, without its decorations.

    `#EURUSD`, `EURUSD.m`, `EURUSDm`, `EURUSD+` and `EUR/USD` are EURUSD. None where it is no
    pair of currencies, metals or coins.
    """
    found = _PAIR.match(name)
    if found is None:
        return None
    base, quote = found[1].upper(), found[2].upper()
    if base in COINS and quote == "USD" and found[3].startswith(_TETHERS):
        return None
    known = base in CURRENCIES | COINS and quote in CURRENCIES and base != quote
    return base + quote if known else None


def canonical_symbol(broker_name: str) -> str:
    """Return the usual name of a broker's market, spelt as names are.

    Pairs and metals lose prefix and suffix; what else a broker calls its markets nobody
    can tell a suffix of (`BRK.B`), so that it stays as it is.
    """
    name = broker_name.strip()
    metal = _METAL.match(name)
    return (_METALS[metal[1]] if metal else pair_of(name)) or spell_symbol(name)


def is_pair_of_currencies(symbol: str) -> bool:
    """Say whether a market is one of currencies or metals, which close over the weekend."""
    pair = pair_of(symbol)
    return pair is not None and pair[:3] in CURRENCIES


def check_maps(maps: Mapping[str, Mapping[str, str]]) -> None:
    """Raise `InvalidRequest` for maps of names that name what can be no symbol, or one twice."""
    for platform, names in maps.items():
        check_name(platform, "a platform")
        for symbol in names.values():
            check_name(symbol, "a symbol")
        if len(set(names.values())) < len(names):
            raise InvalidRequest(f"two names of {platform} are mapped to one symbol")
