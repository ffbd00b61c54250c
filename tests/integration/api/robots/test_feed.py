"""A terminal pushes candles by its broker's clock, and they are held in UTC."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from falcon.testing import Result

from core.clock.times import now_ms
from core.series import Market, Series
from storage import keys
from storage.candles.candle_columns import Candles
from storage.candles.series_facts import SeriesFacts
from storage.stores import Stores
from storage.trades.tickers import TickerStore
from tasks.candles.measure_spreads import measure_spreads

NEW_YORK = ZoneInfo("America/New_York")
DAY = 86_400


def broker(second: int) -> int:
    """Return what a server that runs seven hours ahead of New York shows (oracle: zoneinfo)."""
    local = datetime.fromtimestamp(second, UTC).astimezone(NEW_YORK).replace(tzinfo=UTC)
    return int((local + timedelta(hours=7)).timestamp())


def bar(opening: int, price: float = 1.1, shown: Callable[[int], int] = broker) -> list[float]:
    return [shown(opening), price, price + 2e-4, price - 1e-4, price + 1e-4, 42, 13]


def message(now: int, **series: list[list[float]]) -> dict[str, Any]:
    """Return what an EA sends; `series` by `SYMBOL__TF`, a dot in a symbol written as `_`."""
    listed = []
    for name, bars in series.items():
        symbol, tf = name.split("__")
        listed.append(
            {"symbol": symbol.replace("_", "."), "tf": tf, "digits": 5, "point": 1e-5, "bars": bars}
        )
    return {
        "v": 1,
        "terminal": {"server": "IC-Live07", "company": "IC", "build": 4153, "demo": False},
        "clock": {"server": broker(now), "gmt": now},
        "series": listed,
        "quotes": [],
    }


def text(value: Any) -> bytes:
    """Return a body as MetaTrader sends it."""
    return json.dumps(value).encode() + b"\0"


def refusal(answer: Result) -> str:
    return str(answer.json["detail"])


@pytest.fixture
def now() -> int:
    return now_ms() // 1_000


def newest(now: int, length: int, count: int) -> list[int]:
    """Return the openings of the newest candles that have closed."""
    last = now // length * length - length
    return list(range(last - (count - 1) * length, last + 1, length))


async def test_candles_by_the_brokers_clock_are_held_in_utc_under_the_plain_name(
    api: Any, stores: Stores, now: int
) -> None:
    opened = newest(now, 300, 7)
    sent = message(now, EURUSD_m__M5=[bar(one) for one in opened])
    answer = await api(
        "POST",
        "/ingest/mt/mt5-ic",
        body=text(sent),
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    assert answer.status_code == 200, answer.text
    told = answer.json
    assert (told["ok"], told["zone"], told["accepted"], told["revised"]) == (True, "NY+7", 7, 0)
    assert told["utc_offset_s"] == broker(now) - now
    assert told["grid"] == "17:00 America/New_York"
    held = stores.candles.read(Series("mt5-ic", "EURUSD", 300))
    assert held.time.tolist() == opened
    assert held.close.tolist() == [1.1001] * 7
    assert held.volume.tolist() == [42.0] * 7


async def test_candles_that_are_sent_again_change_nothing_and_another_value_is_a_revision(
    api: Any, stores: Stores, now: int
) -> None:
    opened = newest(now, 300, 3)
    sent = message(now, EURUSD_m__M5=[bar(one) for one in opened])
    first = await api("POST", "/ingest/mt/mt5-ic", body=text(sent))
    before = {s: stores.candles.read(s).to_bytes() for s in stores.candles.all_series()}
    again = await api("POST", "/ingest/mt/mt5-ic", body=text(sent))
    assert (first.json["accepted"], again.json["accepted"], again.json["revised"]) == (3, 3, 0)
    assert before == {s: stores.candles.read(s).to_bytes() for s in stores.candles.all_series()}
    sent["series"][0]["bars"][1][4] += 5e-5
    assert (await api("POST", "/ingest/mt/mt5-ic", body=text(sent))).json["revised"] == 1


async def test_longer_candles_are_made_here_those_of_a_day_from_17_00_new_york(
    api: Any, stores: Stores, now: int
) -> None:
    opened = newest(now, 3_600, 200)
    sent = message(now, XAUUSDm__H1=[bar(one, 2_000 + n) for n, one in enumerate(opened)])
    answer = await api("POST", "/ingest/mt/mt5-ic", body=text(sent))
    assert answer.json["accepted"] == 200
    days = stores.candles.read(Series("mt5-ic", "XAUUSD", 86_400))
    for day, opening, close, volume in zip(
        days.time.tolist(), days.open, days.close, days.volume, strict=True
    ):
        local = datetime.fromtimestamp(day, NEW_YORK)
        assert (local.hour, local.minute) == (17, 0)
        inside = [n for n, one in enumerate(opened) if broker(one) // DAY == broker(day) // DAY]
        assert (opening, close) == (2_000 + inside[0], 2_000 + inside[-1] + 1e-4)
        assert volume == 42 * len(inside)
    assert len(days) >= 8
    four = stores.candles.read(Series("mt5-ic", "XAUUSD", 14_400)).time
    assert {broker(int(one)) % 14_400 for one in four} == {0}


async def test_minutes_are_held_as_they_come_and_asked_for_where_they_are_pushed(
    api: Any, stores: Stores, now: int
) -> None:
    fives, minutes = newest(now, 300, 5), newest(now, 60, 3)
    sent = message(now, BTCUSD__M5=[bar(one) for one in fives])
    told = (await api("POST", "/ingest/mt/mt5-ic", body=text(sent))).json
    assert {one["tf"] for one in told["want"]} == {"M5", "H1"}
    sent = message(now, BTCUSD__M1=[bar(one) for one in minutes])
    told = (await api("POST", "/ingest/mt/mt5-ic", body=text(sent))).json
    assert (told["accepted"], told["rejected"]) == (3, [])
    # A message holds no more: what least is held of comes first.
    assert {one["tf"] for one in told["want"]} == {"M1", "H1"}
    held = {s.resolution: stores.candles.times(s).tolist() for s in stores.candles.all_series()}
    assert (held[60], held[300]) == (minutes, fives)


async def test_a_clock_that_jumps_without_a_reason_is_refused_until_somebody_confirms_it(
    api: Any, stores: Stores, now: int
) -> None:
    sent = message(now, EURUSD__M5=[bar(newest(now, 300, 1)[0])])
    assert (await api("POST", "/ingest/mt/mt5-ic", body=text(sent))).status_code == 200
    sent["clock"]["server"] += 3 * 3_600
    jumped = await api("POST", "/ingest/mt/mt5-ic", body=text(sent))
    assert jumped.status_code == 409
    assert "confirm-clock mt5-ic" in refusal(jumped)
    wrong = await api("POST", "/ingest/mt/mt5-ic/clock", json={"zone": "Mars/Base"})
    assert wrong.status_code == 422
    offset = (broker(now) - now) // 3_600 + 3
    zone = f"UTC+{offset}"
    confirmed = await api("POST", "/ingest/mt/mt5-ic/clock", json={"zone": zone})
    told = confirmed.json
    assert [zone for zone, _ in told.pop("earlier")] == ["NY+7"]
    assert told == {
        "ok": True,
        "platform": "mt5-ic",
        "zone": zone,
        "grid": f"00:00 {zone}",
    }
    sent["series"][0]["bars"][0][0] += 3 * 3_600
    again = await api("POST", "/ingest/mt/mt5-ic", body=text(sent))
    assert (again.status_code, again.json["zone"]) == (200, zone)


async def test_a_clock_that_is_no_whole_quarter_of_an_hour_off_is_refused(
    api: Any, now: int
) -> None:
    sent = message(now)
    sent["clock"]["server"] += 200
    answer = await api("POST", "/ingest/mt/mt5-ic", body=text(sent))
    assert answer.status_code == 409
    assert "NTP" in refusal(answer)
    sent["clock"]["server"] -= 160
    assert (await api("POST", "/ingest/mt/mt5-ic", body=text(sent))).status_code == 200


async def test_each_bad_bar_is_named_with_its_reason_and_the_others_are_held(
    api: Any, stores: Stores, now: int
) -> None:
    good = newest(now, 300, 4)
    bars: list[Any] = [bar(one) for one in good]
    bars[1][2] = 1.0
    bars[2][0] += 7
    bars.append("no bar")
    sent = message(now, EURUSD__M5=bars, EURUSD_m__M5=[bar(good[0])], EURUSD__M15=[bar(good[0])])
    told = (await api("POST", "/ingest/mt/mt5-ic", body=text(sent))).json
    assert (told["accepted"], told["rejected_total"]) == (2, 5)
    reasons = dict(told["rejected"])
    assert sorted(reasons) == [1, 2, 4, 5, 6]
    assert reasons[1] == "high is below low"
    assert "no multiple of 300" in reasons[2]
    assert "must be numbers" in reasons[4]
    assert "EURUSD.m and EURUSD are both EURUSD" in reasons[5]
    assert "made of them here" in reasons[6]


async def test_a_body_beyond_the_bounds_an_exchange_and_an_unknown_key_are_refused(
    api: Any, stores: Stores, now: int
) -> None:
    many = message(now, EURUSD__M5=[[1, 1, 1, 1, 1, 1]] * 3_000, GBPUSD__M5=[[1] * 6] * 3_000)
    assert (await api("POST", "/ingest/mt/mt5-ic", body=text(many))).status_code == 422
    large = text({"filling": "a" * (2 << 20)})
    assert (await api("POST", "/ingest/mt/mt5-ic", body=large)).status_code == 413
    assert (await api("POST", "/ingest/mt/binance", body=text(message(now)))).status_code == 422
    narrow, _ = stores.keys.create("owner", "feed", scopes=["ingest:mt5-ic"])
    body, only = text(message(now)), {"X-API-Key": narrow}
    mine = await api("POST", "/ingest/mt/mt5-ic", body=body, headers=only)
    others = await api("POST", "/ingest/mt/mt5-other", body=body, headers=only)
    clock = await api("POST", "/ingest/mt/mt5-ic/clock", json={"zone": "UTC"}, headers=only)
    assert (mine.status_code, others.status_code, clock.status_code) == (200, 403, 403)


async def test_history_is_asked_for_backwards_until_as_much_is_held_as_is_wanted(
    api: Any, stores: Stores, now: int
) -> None:
    """A terminal without a memory answers `want` from what its broker has."""
    oldest = now // 3_600 * 3_600 - 9_000 * 3_600
    every = {"M5": (300, now - 4_000 * 300), "H1": (3_600, oldest)}
    sent, polls = message(now, BTCUSD_m__H1=[bar(newest(now, 3_600, 1)[0])]), 0
    while True:
        told = (await api("POST", "/ingest/mt/mt5-ic", body=text(sent))).json
        assert told["poll_s"] == (2 if told["want"] else 5)
        assert sum(one["count"] for one in told["want"]) <= 5_000
        if not told["want"]:
            break
        polls += 1
        assert polls < 60
        sent = message(now)
        for one in told["want"]:
            length, first = every[one["tf"]]
            stop = one["from"] + one["count"] * length
            bars = [
                bar(opening)
                for opening in range(first // length * length, now // length * length, length)
                if one["from"] <= broker(opening) < stop
            ]
            sent["series"].append(
                {"symbol": one["symbol"], "tf": one["tf"], "digits": 2, "point": 0.01, "bars": bars}
            )
    assert {one["symbol"] for one in sent["series"]} == {"BTCUSD.m"}
    for length, first in every.values():
        held = stores.candles.times(Series("mt5-ic", "BTCUSD", length)).tolist()
        expected = range(first // length * length, now // length * length, length)
        assert sorted(set(expected) - set(held)) == []


async def test_a_hole_is_asked_for_and_one_that_the_market_explains_is_not(
    api: Any, stores: Stores, now: int
) -> None:
    opened = newest(now, 300, 100)
    stores.feeds.confirm("mt5-ic", "NY+7")
    for part in (opened[:20], opened[60:]):
        sent = message(now, BTCUSD__M5=[bar(one) for one in part])
        told = (await api("POST", "/ingest/mt/mt5-ic", body=text(sent))).json
    hole = told["want"][0]
    assert hole == {"symbol": "BTCUSD", "tf": "M5", "from": broker(opened[20]), "count": 40}
    sent = message(now, BTCUSD__M5=[bar(one) for one in opened[20:60]])
    told = (await api("POST", "/ingest/mt/mt5-ic", body=text(sent))).json
    assert [one for one in told["want"] if one["from"] == hole["from"]] == []


async def test_what_we_do_not_know_is_kept_of_the_terminal_and_not_refused(
    api: Any, stores: Stores, now: int
) -> None:
    sent = message(now) | {"ea": "other 1.2"}
    sent["terminal"]["cpu"] = 8
    assert (await api("POST", "/ingest/mt/mt5-ic", body=text(sent))).status_code == 200
    (terminal,) = stores.feeds.state("mt5-ic").terminals
    assert (terminal.server, terminal.build) == ("IC-Live07", 4153)
    assert terminal.more == {"ea": "other 1.2", "terminal": {"cpu": 8}}
    assert stores.feeds.state("mt5-ic").last_push_at
    sent["clock"]["server"] += 7 * 3_600
    assert (await api("POST", "/ingest/mt/mt5-ic", body=text(sent))).status_code == 409
    assert "confirm-clock" in str(stores.feeds.state("mt5-ic").refusal)


async def test_of_more_that_we_do_not_know_than_is_kept_names_are_and_only_their_beginning(
    api: Any, stores: Stores, now: int
) -> None:
    sent = message(now) | {"n" * 3_000: 1}
    assert (await api("POST", "/ingest/mt/mt5-ic", body=text(sent))).status_code == 200
    (terminal,) = stores.feeds.state("mt5-ic").terminals
    assert terminal.more == {"too_long": ["n" * 64]}


async def test_spreads_of_candles_become_the_measured_costs_of_their_market(
    api: Any, stores: Stores, now: int
) -> None:
    bars = [[*bar(one, 1.0)[:6], 13] for one in newest(now, 300, 60)]
    for row in bars[:10]:
        row[6] = 400  # the median does not see them
    sent = message(now, EURUSD_m__M5=bars)
    await api("POST", "/ingest/mt/icmarkets", body=text(sent))
    market = (await api("GET", "/markets/icmarkets/EURUSD")).json
    assert (market["digits"], market["tick_size"], market["bids"]) == (5, 1e-5, True)
    costs = market["costs"]
    assert (costs["sources"]["spread_bps"], costs["source"]) == ("measured", "measured")
    assert costs["round_trip_bps"] == pytest.approx(1.3, abs=1e-3)
    # What is removed behind our back is made anew.
    stores.redis.delete(keys.spread(*Market("icmarkets", "EURUSD")))
    await api("POST", "/ingest/mt/icmarkets", body=text(sent))
    assert measure_spreads(stores) == 1
    set_ = {"costs": {"spread_bps": 0.9}, "digits": 4}
    await api("PUT", "/markets/icmarkets/EURUSD", json=set_)
    assert measure_spreads(stores) == 1
    await api("POST", "/ingest/mt/icmarkets", body=text(sent))
    told = stores.markets.get(Market("icmarkets", "EURUSD"))
    assert (told.costs.spread_bps, told.digits) == (0.9, 4)


async def test_quotes_are_kept_in_utc_and_what_is_no_quote_is_counted(
    api: Any, stores: Stores, now: int
) -> None:
    at = broker(now - 2) * 1_000 + 250
    sent = message(now, EURUSD_m__M5=[bar(newest(now, 300, 1)[0])])
    sent["quotes"] = [
        ["EURUSD.m", at, 1.1, 1.10013],
        ["EURUSD.m", at, 1.1, 1.0],
        ["EURUSD.m", 1e300, 1.1, 1.2],
        [["EURUSD.m"], at, 1.1, 1.2],
        "EURUSD.m",
    ]
    told = (await api("POST", "/ingest/mt/icmarkets", body=text(sent))).json
    assert told["warnings"] == ["4 quotes are not kept: send [symbol, time_ms, bid, ask]."]
    quotes = TickerStore(stores.redis).read(
        "icmarkets", "EURUSD", (now - 60) * 1_000, (now + 60) * 1_000, 10
    )
    assert quotes["bid"] == [((now - 2) * 1_000 + 250, 1.1)]
    assert quotes["ask"] == [((now - 2) * 1_000 + 250, 1.10013)]


async def test_metrics_count_what_terminals_pushed(api: Any, now: int) -> None:
    bars = [bar(one) for one in newest(now, 300, 2)]
    await api("POST", "/ingest/mt/mt5-ic", body=text(message(now, EURUSD__M5=[*bars, "none"])))
    shown = (await api("GET", "/metrics/prometheus")).text
    assert 'tickcast_feed_candles_total{outcome="accepted",platform="mt5-ic"} 2.0' in shown
    assert 'tickcast_feed_candles_total{outcome="rejected",platform="mt5-ic"} 1.0' in shown
    assert 'tickcast_feed_push_seconds{platform="mt5-ic"}' in shown
    assert "tickcast_late_series 0.0" in shown


async def test_a_series_on_another_grid_costs_the_others_nothing(
    api: Any, stores: Stores, now: int
) -> None:
    days = Series("mt5-ic", "EURUSD", DAY)
    ones = [now // DAY * DAY - 3 * DAY, 1.0, 1.0, 1.0, 1.0, 1.0]
    stores.candles.write(days, Candles.from_rows([ones]))
    stores.facts.settle(days, SeriesFacts(zone="UTC"), replace=False)
    bars = [bar(one) for one in newest(now, 3_600, 100)]
    told = (await api("POST", "/ingest/mt/mt5-ic", body=text(message(now, EURUSD__H1=bars)))).json
    assert told["accepted"] == 100
    assert [one[:10] for one in told["warnings"]] == ["EURUSD 1d:"]
    assert len(stores.candles.times(days)) == 1
    assert len(stores.candles.times(Series("mt5-ic", "EURUSD", 14_400))) >= 24


async def test_what_a_kill_left_unbuilt_is_built_by_the_next_push(
    api: Any, stores: Stores, now: int
) -> None:
    opened = newest(now, 300, 12)
    sent = message(now, BTCUSD__M5=[bar(one) for one in opened])
    series = Series("mt5-ic", "BTCUSD", 300)
    await api("POST", "/ingest/mt/mt5-ic", body=text(sent))
    quarters = Series("mt5-ic", "BTCUSD", 900)
    built = stores.candles.read(quarters).to_bytes()
    # As if the process had ended between the candles and what is made of them.
    stores.candles.delete(quarters)
    stores.redis.hset(keys.unbuilt("mt5-ic"), f"{series.symbol}:{series.resolution}", opened[0])
    sent["series"][0]["bars"] = sent["series"][0]["bars"][-1:]
    await api("POST", "/ingest/mt/mt5-ic", body=text(sent))
    assert stores.candles.read(quarters).to_bytes() == built
    assert stores.redis.hlen(keys.unbuilt("mt5-ic")) == 0
