"""What sources call the columns of candles, in the languages of exports."""

import re
import unicodedata

PRICES = ("open", "high", "low", "close")

# Of several that a source has, the first of these is taken.
_TIMES = """
unix|unix timestamp|window start|open time|opentime|time open|timeopen|start time|start at|
starttime|kline start time|timestamp|datetime|date time|date-time|date/time|gmt time|local time|
utc time|est time|eet time|cet time|time|date|start|begin|t|ts|ticks|bar time|
zeitstempel|datum/zeit|zeitpunkt|datum|zeit|date/heure|date heure|fecha y hora|fecha/hora|fecha|
data/hora|data e hora|data/ora|data e ora|data i czas|data|datum/tijd|дата/время|дата и время|дата|
tarih|日期时间|日期|时间|日時|日付け|日付|날짜|일자
"""
_DATES = """
date|dtyyyymmdd|trade date|datum|fecha|data|дата|tarih|日期|日付け|日付|날짜|일자
"""
_TIMES_OF_DAY = """
time|hour|hr|uhrzeit|zeit|stunde|heure|hora|ora|czas|godzina|tijd|tid|время|saat|时间|時刻|時間|시간
"""
# Each in English, then in the others.
_OPEN = (
    """
open|o|open price|first|1. open|bidopen|openbid|open bid|bid open
""",
    """
eröffnung|eroeffnung|eröffnungskurs|eröffn.|erster|ouverture|ouv.|premier|apertura|abertura|otwarcie|opening|
openingskoers|öppning|öppningskurs|открытие|цена открытия|откр.|açılış|开盘|开盘价|始値|시가
""",
)
_HIGH = (
    """
high|h|high price|max|2. high|bidhigh|highbid|high bid|bid high
""",
    """
hoch|höchst|höchstkurs|tageshoch|plus haut|+ haut|haut|máximo|máx.|máxima|massimo|max.|najwyższy|
maksimum|hoog|hoogste|högst|högsta|максимум|макс.|yüksek|最高|最高价|高値|고가
""",
)
_LOW = (
    """
low|l|low price|min|3. low|bidlow|lowbid|low bid|bid low
""",
    """
tief|tiefst|tiefstkurs|tagestief|plus bas|+ bas|bas|mínimo|mín.|mínima|minimo|min.|najniższy|
minimum|laag|laagste|lägst|lägsta|минимум|мин.|düşük|最低|最低价|安値|저가
""",
)
_CLOSE = (
    """
close|c|close price|close/last|4. close|last|price|bidclose|closebid|close bid|bid close
""",
    """
schluss|schlusskurs|zuletzt|letzter|clôture|fermeture|dernier|cierre|fechamento|chiusura|último|
ultimo|zamknięcie|ostatnio|slotkoers|slot|sluiten|laatste|stängning|slutkurs|senast|закрытие|
цена закрытия|цена|kapanış|şimdi|收盘|收盘价|終値|종가
""",
)
TICK_VOLUMES = ("tickvol", "tick volume", "tickvolume", "tickqty")
# Shares come before what they sold for, where German sources have both.
_VOLUMES = """
volume|v|vol|vol.|base volume|basevolume|5. volume|
stücke|stuecke|volumen|volumes|wolumen|wol.|volym|объем|hacim|hac.|成交量|交易量|出来高|거래량
"""
_TRADES = """
trades|trade count|tradecount|number of trades|count|n|trades count|num trades|transactions
"""
# Offsets from UTC, or zones, row by row: which of two clocks the times are by they do not say.
_OFFSETS = """
gmt offset|gmtoffset|utc offset|utcoffset|offset|tz offset|timezone offset|timezone|time zone|tz|
zone
"""


def normal(name: object) -> str:
    """Return a column's name as it is compared: lower case, single spaces, no brackets, accents."""
    text = re.sub(r"[_\s]+", " ", str(name).strip().strip("<>\"'*").lower()).strip()
    text = re.sub(r"\s*\((utc|gmt|[a-z]{2,4}[+-]?\d*)\)\Z", "", text)
    if text.isascii():
        return text
    letters = unicodedata.normalize("NFKD", text)
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def _names(text: str) -> tuple[str, ...]:
    names = text.replace("\n", "").split("|")
    return tuple(normal(name) for name in names)


TIMES, DATES, TIMES_OF_DAY = _names(_TIMES), _names(_DATES), _names(_TIMES_OF_DAY)
_PRICE_NAMES = dict(zip(PRICES, (_OPEN, _HIGH, _LOW, _CLOSE), strict=True))
COLUMN_NAMES = {
    **{price: _names("|".join(both)) for price, both in _PRICE_NAMES.items()},
    "volume": (*TICK_VOLUMES, *_names(_VOLUMES)),
    "trades": _names(_TRADES),
}
# Names of prices in languages of which most write decimal commas.
NOT_ENGLISH = frozenset(name for _, others in _PRICE_NAMES.values() for name in _names(others))
OFFSETS = _names(_OFFSETS)
