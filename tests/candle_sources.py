"""The same four hourly candles as many programs and exchanges write them."""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

FIRST = 1_718_409_600  # 2024-06-15T00:00:00Z
PRICES = (
    (210.5, 214.25, 208.75, 212.0, 31.5),
    (212.0, 215.5, 211.25, 211.5, 18.25),
    (211.5, 213.0, 207.0, 209.25, 44.0),
    (209.25, 216.75, 209.0, 216.5, 27.75),
)
TIMES = [FIRST + 3_600 * n for n in range(4)]
COUNTS = [40, 41, 42, 43]
EXACT = [[time, *prices] for time, prices in zip(TIMES, PRICES, strict=True)]
WHOLE = [[*row[:5], float(int(row[5]))] for row in EXACT]
TENFOLD = [[row[0], *(10 * price for price in row[1:5]), row[5]] for row in EXACT]


class Source(NamedTuple):
    """A body or file: its name tells its kind; what must come of it; how it is to be read."""

    name: str
    content: bytes
    rows: list[list[float]] = EXACT
    trades: Sequence[int] = (-1, -1, -1, -1)
    options: dict[str, str] = {}  # noqa: RUF012 - never changed


def _at(form: str, shift_h: float = 0) -> list[str]:
    shift = timedelta(hours=shift_h)
    return [(datetime.fromtimestamp(time, UTC) + shift).strftime(form) for time in TIMES]


def _lines(
    header: str,
    times: Sequence[object],
    cells: Callable[[float, float, float, float, float], Sequence[object]] = lambda *row: row,
    mark: str = ",",
    end: str = "\n",
) -> bytes:
    lines = [header] if header else []
    lines += [
        mark.join(map(str, (time, *cells(*prices))))
        for time, prices in zip(times, PRICES, strict=True)
    ]
    return (end.join(lines) + end).encode()


def _german(number: float) -> str:
    return f"{number:,.2f}".translate(str.maketrans(",.", ".,"))


def _yahoo(o: float, h: float, lo: float, c: float, v: float) -> Sequence[object]:
    return o, h, lo, c, c * 0.9, int(v)


def _binance(scale: int) -> list[list[object]]:
    return [
        [t * scale, str(o), str(h), str(lo), str(c), str(v), (t + 3_600) * scale - 1,
         str(v * c), n, str(v / 2), str(v * c / 2), "0"]
        for t, (o, h, lo, c, v), n in zip(TIMES, PRICES, COUNTS, strict=True)
    ]  # fmt: skip


def _csv(rows: Sequence[Sequence[object]]) -> bytes:
    return "".join(",".join(map(str, row)) + "\n" for row in rows).encode()


def _each(make: Callable[..., object], reverse: bool = False) -> list[object]:
    rows = [make(time, *prices) for time, prices in zip(TIMES, PRICES, strict=True)]
    return rows[::-1] if reverse else rows


_KRAKEN = _each(lambda t, o, h, lo, c, v: [t, str(o), str(h), str(lo), str(c),
                                           str((h + lo) / 2), str(int(v)), int(v) + 1])  # fmt: skip
_POLYGON = _each(lambda t, o, h, lo, c, v: {"v": v, "vw": c, "o": o, "c": c, "h": h, "l": lo,
                                            "t": t * 1_000, "n": int(v)})  # fmt: skip
_BYBIT = _each(lambda t, o, h, lo, c, v: [*map(str, (t * 1_000, o, h, lo, c, v)),
                                          str(int(v * (h + lo) / 2))], reverse=True)  # fmt: skip
_OKX = _each(lambda t, o, h, lo, c, v: [*map(str, (t * 1_000, o, h, lo, c, v, v * c, v * c)),
                                        "1"], reverse=True)  # fmt: skip
_BITSTAMP = _each(lambda t, o, h, lo, c, v: {
    "timestamp": str(t), "open": str(o), "high": str(h), "low": str(lo), "close": str(c),
    "volume": str(v)})  # fmt: skip
_OURS = _each(lambda t, o, h, lo, c, v: {
    "time": datetime.fromtimestamp(t, UTC).isoformat().replace("+00:00", "Z"), "open": o,
    "high": h, "low": lo, "close": c, "volume": v, "trades": None, "flags": []})  # fmt: skip
_WHOLE_TRADES = [int(row[5]) for row in EXACT]

SOURCES = (
    Source("binance_vision_ms.csv", _csv(_binance(1_000)), trades=COUNTS),
    Source("binance_vision_us.csv", _csv(_binance(1_000_000)), trades=COUNTS),
    Source("binance_futures_header.csv",
           b"open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,"
           b"taker_buy_quote_volume,ignore\n" + _csv(_binance(1_000)), trades=COUNTS),
    Source("binance_klines.json", json.dumps(_binance(1_000)).encode(), trades=COUNTS),
    Source("kraken_answer.json", json.dumps({"error": [], "result": {"XXBTZUSD": _KRAKEN,
           "last": TIMES[-1]}}).encode(), WHOLE, [n + 1 for n in _WHOLE_TRADES]),
    Source("kraken_ohlc.json", json.dumps(_KRAKEN).encode(), WHOLE, [n + 1 for n in _WHOLE_TRADES]),
    Source("kraken_ohlcvt.csv", _csv([[*row, n] for row, n in zip(EXACT, COUNTS, strict=True)]),
           trades=COUNTS),
    Source("coinbase.json", json.dumps(_each(lambda t, o, h, lo, c, v: [t, lo, h, o, c, v],
           reverse=True)).encode()),
    Source("bitfinex.json", json.dumps(_each(lambda t, o, h, lo, c, v: [t * 1_000, o, c, h, lo,
           v])).encode()),
    Source("bybit.json", json.dumps(_BYBIT).encode()),
    Source("bybit_answer.json", json.dumps({"retCode": 0, "result": {"category": "spot",
           "symbol": "AAAUSDT", "list": _BYBIT}}).encode()),
    Source("okx.json", json.dumps(_OKX).encode()),
    Source("okx_answer.json", json.dumps({"code": "0", "msg": "", "data": _OKX}).encode()),
    Source("bitstamp.json", json.dumps({"data": {"ohlc": _BITSTAMP,
           "pair": "AAA/USD"}}).encode()),
    Source("polygon.json", json.dumps({"ticker": "X:AAAUSD", "results": _POLYGON,
           "status": "OK"}).encode(), trades=_WHOLE_TRADES),
    Source("massive_flat_file.csv", _lines(
           "ticker,volume,open,close,high,low,window_start,transactions", ["AAA"] * 4,
           lambda o, h, lo, c, v: ()).replace(b"AAA\n", b"") + b"".join(
           f"AAA,{v},{o},{c},{h},{lo},{t}000000000,{n}\n".encode()
           for t, (o, h, lo, c, v), n in zip(TIMES, PRICES, COUNTS, strict=True)), trades=COUNTS),
    Source("mt4_history_center.csv", _lines("", _at("%Y.%m.%d,%H:%M"),
           lambda *row: (*row[:4], int(row[4])), end="\r\n"), WHOLE),
    Source("mt4_with_header.csv", _lines("Date,Time,Open,High,Low,Close,Volume",
           _at("%Y.%m.%d,%H:%M"), lambda *row: (*row[:4], int(row[4]))), WHOLE),
    Source("mt5_bars.csv", _lines(
           "<DATE>\t<TIME>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<VOL>\t<SPREAD>",
           _at("%Y.%m.%d\t%H:%M:%S"), lambda *row: (*row[:4], int(row[4]), 0, 3), "\t", "\r\n"),
           WHOLE),
    Source("mt5_utf16_broker_clock.csv", _lines(
           "<DATE>\t<TIME>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<VOL>\t<SPREAD>",
           _at("%Y.%m.%d\t%H:%M:%S", 3), lambda *row: (*row[:4], int(row[4]), 0, 3), "\t", "\r\n")
           .decode().encode("utf-16"), WHOLE, options={"zone": "NY+7"}),
    Source("tradingview.csv", _lines("time,open,high,low,close,Volume,RSI", TIMES,
           lambda *row: (*row, 50.1))),
    Source("tradingview_iso.csv", _lines("time,open,high,low,close,Volume",
           _at("%Y-%m-%dT%H:%M:%S+02:00", 2))),
    Source("dukascopy.csv", _lines("Gmt time,Open,High,Low,Close,Volume",
           _at("%d.%m.%Y %H:%M:%S.000"))),
    Source("dukascopy_local.csv", _lines("Local time,Open,High,Low,Close,Volume",
           _at("%d.%m.%Y %H:%M:%S.000 GMT+0200", 2))),
    Source("histdata.csv", _lines("", _at("%Y%m%d %H%M%S", -5), mark=";"),
           options={"format": "histdata"}),
    Source("histdata_by_zone.csv", _lines("", _at("%Y%m%d %H%M%S"), mark=";"),
           options={"zone": "UTC"}),
    Source("cryptodatadownload.csv", b"https://www.CryptoDataDownload.com\n" + b"\n".join(
           [b"unix,date,symbol,open,high,low,close,Volume AAA,Volume USD", *reversed(_lines(
               "", [f"{t},{text},AAA/USD" for t, text in zip(TIMES, _at("%Y-%m-%d %H:%M:%S"),
               strict=True)], lambda *row: (*row, row[3] * row[4])).splitlines())])),
    Source("yahoo.csv", _lines("Datetime,Open,High,Low,Close,Adj Close,Volume",
           _at("%Y-%m-%d %H:%M:%S+00:00"), _yahoo), WHOLE),
    Source("yfinance_two_headers.csv", b"Price,Close,High,Low,Open,Volume\nTicker,AAA,AAA,AAA,AAA,"
           b"AAA\nDatetime,,,,,\n" + _lines("", _at("%Y-%m-%d %H:%M:%S+00:00"),
           lambda o, h, lo, c, v: (c, h, lo, o, int(v))), WHOLE),
    Source("pandas_index.csv", _lines(",Open,High,Low,Close,Volume", _at("%Y-%m-%d %H:%M:%S"))),
    Source("pandas_split.json", json.dumps({"columns": ["open", "high", "low", "close", "volume"],
           "index": [t * 1_000 for t in TIMES], "data": [list(p) for p in PRICES]}).encode()),
    Source("kaggle.csv", _lines("Open time,Open,High,Low,Close,Volume,Close time,Number of trades",
           _at("%Y-%m-%d %H:%M:%S.000000"), lambda *row: (*row, "2024-06-15 00:59:59.999999", 40)),
           trades=[40] * 4),
    Source("excel.csv", b"sep=;\r\n" + _lines("time;open;high;low;close;volume", TIMES, mark=";",
           end="\r\n")),
    Source("german.csv", _lines("Datum;Open;High;Low;Close;Volume".replace("Datum", "Date"),
           _at("%d.%m.%Y %H:%M"), lambda *row: (*(_german(10 * p) for p in row[:4]),
           _german(row[4])), ";", "\r\n"), TENFOLD),
    Source("utf16.csv", _lines("time,open,high,low,close,volume", TIMES).decode()
           .encode("utf-16")),
    Source("american_dates.csv", _lines("Date,Open,High,Low,Close,Volume",
           _at("%m/%d/%Y %I:%M %p"))),
    Source("no_volume.csv", _lines("time,open,high,low,close", TIMES, lambda *row: row[:4]),
           [[*row[:5], 0.0] for row in EXACT]),
    Source("repeated_header.csv", _lines("time,open,high,low,close,volume", TIMES).replace(
           b"1718416800", b"time,open,high,low,close,volume\n1718416800")),
    Source("rows.ndjson", b"\n".join(json.dumps(row).encode() for row in EXACT)),
    Source("objects.ndjson", b"\n".join(json.dumps(row).encode() for row in _OURS)),
    Source("our_page.json", json.dumps({"platform": "file", "symbol": "S", "resolution": 3_600,
           "candles": _OURS, "next_cursor": None}).encode()),
    Source("our_page.csv", _lines("time,open,high,low,close,volume,trades,flags",
           _at("%Y-%m-%dT%H:%M:%SZ"), lambda *row: (*row, "", ""))),
    Source("columns_side_by_side.json", json.dumps({"s": "ok", "t": TIMES, **dict(zip("ohlcv",
           map(list, zip(*PRICES, strict=True)), strict=True))}).encode()),
    Source("kraken_futures.json", json.dumps({"candles": _each(lambda t, o, h, lo, c, v: {
           "time": t * 1_000, "open": str(o), "high": str(h), "low": str(lo), "close": str(c),
           "volume": v}), "more_candles": False}).encode()),
    Source("coinbase_advanced.json", json.dumps({"candles": _each(lambda t, o, h, lo, c, v: {
           "start": str(t), "low": str(lo), "high": str(h), "open": str(o), "close": str(c),
           "volume": str(v)}, reverse=True)}).encode()),
    Source("bybit_public.csv", _lines("start_at,symbol,period,open,high,low,close",
           [f"{t},AAAUSD,60" for t in TIMES], lambda *row: row[:4]),
           [[*row[:5], 0.0] for row in EXACT]),
    Source("okx_public.csv", _lines("open_time,open,high,low,close,vol,vol_ccy,vol_quote,confirm",
           [t * 1_000 for t in TIMES], lambda *row: (*row, row[4], row[3] * row[4], 1))),
    Source("okx_index.json", json.dumps({"code": "0", "data": _each(lambda t, o, h, lo, c, v: [
           *map(str, (t * 1_000, o, h, lo, c)), "1"], reverse=True)}).encode(),
           [[*row[:5], 0.0] for row in EXACT], options={"format": "okx"}),
    Source("deribit.json", json.dumps({"jsonrpc": "2.0", "result": {"ticks": [t * 1_000 for t in
           TIMES], "status": "ok", "cost": [1.0] * 4, **dict(zip(("open", "high", "low", "close",
           "volume"), map(list, zip(*PRICES, strict=True)), strict=True))}}).encode()),
    Source("mexc.json", json.dumps(_each(lambda t, o, h, lo, c, v: [t * 1_000, *map(str, (o, h, lo,
           c, v)), (t + 3_600) * 1_000 - 1, str(v * c)])).encode()),
    Source("alpaca.json", json.dumps({"bars": {"AAA": _each(lambda t, o, h, lo, c, v: {"c": c,
           "h": h, "l": lo, "n": 7, "o": o, "t": datetime.fromtimestamp(t, UTC).isoformat(),
           "v": v, "vw": c})}, "next_page_token": None}).encode(), trades=[7] * 4),
    Source("polygon_client.csv",
           b"open,high,low,close,volume,vwap,timestamp,transactions,otc\n" + _csv([[*row[1:], 1,
           row[0] * 1_000, 5, ""] for row in EXACT]), trades=[5] * 4),
    Source("twelve_data.csv", _lines("datetime;open;high;low;close;volume",
           _at("%Y-%m-%d %H:%M:%S"), mark=";")),
    Source("pandas_by_column.json", json.dumps({name: {str(t * 1_000): row[place] for t, row in
           zip(TIMES, PRICES, strict=True)} for place, name in enumerate(("open", "high", "low",
           "close", "volume"))}).encode()),
    Source("pandas_by_index.json", json.dumps({str(t * 1_000): dict(zip(("Open", "High", "Low",
           "Close", "Volume"), row, strict=True)) for t, row in zip(TIMES, PRICES, strict=True)})
           .encode()),
    Source("metastock.csv", _lines(
           "<TICKER>,<DTYYYYMMDD>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>",
           _at("AAA,%Y%m%d,%H%M%S"))),
    Source("stooq_hourly.csv", _lines("<TICKER>,<PER>,<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,"
           "<VOL>,<OPENINT>", _at("AAA.US,60,%Y%m%d,%H%M%S"), lambda *row: (*row, 0))),
    Source("dukascopy_est.csv", _lines("EST time,Open,High,Low,Close,Volume",
           _at("%d.%m.%Y %H:%M:%S.000", -5))),
    Source("dukascopy_eet.csv", _lines("Time (EET),Open,High,Low,Close,Volume ",
           _at("%Y.%m.%d %H:%M:%S", 3))),
    Source("mt5_without_header.csv", _lines("", _at("%Y.%m.%d\t%H:%M:%S"),
           lambda *row: (*row, 0, 3), "\t", "\r\n")),
    Source("mt5_copy_rates.csv", _lines("time,open,high,low,close,tick_volume,spread,real_volume",
           TIMES, lambda *row: (*row, 3, 0))),
    Source("cryptodatadownload_am_pm.csv", b"https://www.CryptoDataDownload.com\n" + _lines(
           "Date,Symbol,Open,High,Low,Close,Volume AAA,Volume USD", _at("%Y-%m-%d %I-%p,AAAUSD"),
           lambda *row: (*row, row[3] * row[4]))),
    Source("coinmarketcap.csv", _lines("timeOpen;timeClose;open;high;low;close;volume;timestamp", [
           f'"{a}";"{b}"' for a, b in zip(_at("%Y-%m-%dT%H:00:00.000Z"),
           _at("%Y-%m-%dT%H:59:59.999Z"), strict=True)], lambda *row: (*row,
           "2024-06-15T23:59:59.999Z"), ";")),
    Source("quoted_with_bom.csv", b"\xef\xbb\xbf" + _lines('"time","open","high","low","close",'
           '"volume",,', [f'"{t}"' for t in TIMES], lambda *row: (*(f'"{p}"' for p in row), "", ""),
           end="\r\n")),
    Source("mapped.csv", _lines("Tag;Zeit;Erster;Hoch;Tief;Letzter;Menge",
           _at("%d.%m.%Y;%H:%M"), mark=";"), options={"columns":
           "time=Tag+Zeit,open=Erster,high=Hoch,low=Tief,close=Letzter,volume=Menge"}),
    Source("mapped_by_number.csv", _lines("", ["AAA"] * 4, lambda o, h, lo, c, v: ()).replace(
           b"AAA\n", b"") + _csv([["AAA", *row] for row in EXACT]),
           options={"columns": "time=2,open=3,high=4,low=5,close=6,volume=7"}),
)  # fmt: skip
