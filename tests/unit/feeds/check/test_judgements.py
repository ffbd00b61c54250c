"""What each probe says of one deviation; what is as it should be is told to be."""

from dataclasses import replace as changed
from typing import Any

import msgspec
import pytest

from core.errors import ExchangeUnavailable
from feeds.check.candles import SPAN, judge_candles
from feeds.check.clock import judge_clock
from feeds.check.comparison import Summed, candles_of, judge_comparison
from feeds.check.feed import Listened, judge_feed, judge_kinds, sort_frame
from feeds.check.ids import judge_ids
from feeds.check.rates import REQUESTS, ask_at_our_pace, judge_rates
from feeds.check.report import Finding, Result
from feeds.check.trades import judge_trades
from feeds.coinbase.connector import CoinbaseConnector
from feeds.connector import FetchedTrade
from feeds.exchange_session import Answer
from feeds.live.sequence import Missing

START = 1_700_000_040  # a minute's opening
HOUR = [[START + 60 * n, 10.0, 12.0, 9.0, 11.0, 1.5] for n in range(SPAN // 60)]
NAN = float("nan")


def ends(finding: Finding, result: Result, *words: str) -> None:
    assert finding.result is result, finding.said
    assert all(word in finding.said for word in words), finding.said
    assert finding.said.endswith(".")


def test_an_hour_of_sound_candles_is_ok() -> None:
    ends(judge_candles(HOUR, START), Result.OK, "60 candles")


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [(0, START + 61, "on a minute"), (1, 12.5, "outside"), (2, 8.0, "outside"),
     (3, 10.5, "outside"), (4, NAN, "no number"), (5, -1.0, "not above zero")],
)  # fmt: skip
def test_a_candle_that_is_none_fails_and_is_named(place: int, value: float, said: str) -> None:
    bad = list(HOUR[1])
    bad[place] = value
    finding = judge_candles([HOUR[0], bad, *HOUR[2:]], START)
    ends(finding, Result.FAILED, "2023-11-14T22:15", said)


def test_many_bad_candles_are_counted_and_not_all_listed() -> None:
    bad = [[*row[:4], NAN, 1.0] for row in HOUR]
    finding = judge_candles(bad, START)
    ends(finding, Result.FAILED, "57 more")


def test_candles_that_came_twice_fail_and_missing_ones_are_warned_of() -> None:
    ends(judge_candles([*HOUR, HOUR[-1]], START), Result.FAILED, "twice")
    ends(judge_candles(HOUR[3:], START), Result.WARNING, "3 of the last 60")
    ends(judge_candles([], START), Result.WARNING, "quiet", "clocks")


@pytest.mark.parametrize("offset", [90_000, -90_000, 5_001])
def test_a_clock_that_is_off_fails(offset: int) -> None:
    ends(judge_clock(offset), Result.FAILED, f"{offset / 1_000:+.1f} s", "NTP")


def test_a_clock_that_agrees_is_ok_and_one_not_told_is_not_judged() -> None:
    ends(judge_clock(-480), Result.OK, "-0.5 s")
    ends(judge_clock(None), Result.NOT_POSSIBLE)


def test_requests_refused_for_their_rate_fail_with_the_wait_that_was_asked_for() -> None:
    fine, refused = Answer(200), Answer(429, retry_after=7)
    ends(judge_rates([fine] * 10), Result.OK, "10 requests")
    ends(judge_rates([fine] * 8 + [refused]), Result.FAILED, "request 9 of 10", "429", "7 s")
    ends(judge_rates([Answer(500), *[fine] * 9]), Result.WARNING, "1 of 10")
    ends(judge_rates([fine, Answer()]), Result.NOT_POSSIBLE, "Request 2 of 10")


@pytest.mark.parametrize(
    ("statuses", "kept"), [([200] * 20, REQUESTS), ([500] * 20, REQUESTS), ([200, 200, 429], 3),
                           ([200, 418], 2), ([0], 1)],
)  # fmt: skip
def test_who_is_refused_or_not_answered_does_not_ask_on(statuses: list[int], kept: int) -> None:
    coming = iter(statuses)

    def ask() -> None:
        raise ExchangeUnavailable("any reason")

    answers = ask_at_our_pace(ask, lambda: Answer(next(coming)))
    assert [one.status for one in answers] == statuses[:kept]


def trade(trade_id: int, second: int, price: str = "10", size: str = "0.1") -> FetchedTrade:
    return FetchedTrade(trade_id, (START + second) * 1_000, price, size, "buy")


def test_trades_that_can_be_read_are_ok_and_none_at_all_fail() -> None:
    ends(judge_trades([trade(1, 0), trade(2, 1)]), Result.OK, "2 trades")
    ends(judge_trades([]), Result.FAILED, "no trade over REST")


@pytest.mark.parametrize(
    ("field", "value"),
    [("price", "ten"), ("price", "0"), ("size", "-1"), ("size", "NaN"), ("time", "yesterday")],
)
def test_a_trade_that_is_none_fails_with_its_id(field: str, value: str) -> None:
    broken = trade(7, 0)._replace(**{field: value})
    ends(judge_trades([trade(6, 0), broken]), Result.FAILED, "trade 7", field, value)


def test_ids_without_a_hole_are_ok_in_any_order() -> None:
    ends(judge_ids([], [3, 1, 2, 2]), Result.OK, "3 ids")


def test_an_id_that_rest_lacks_fails_and_one_that_the_feed_left_out_is_warned_of() -> None:
    ends(judge_ids([], [1, 2, 4, 7]), Result.FAILED, "3 ids", "first is 3")
    left_out = [Missing(5, 6, 0.0), Missing(9, 9, 0.0)]
    ends(judge_ids(left_out, range(1, 12)), Result.WARNING, "3 trades", "id 5")


# Minutes 0 and 3 are cut, minute 1 is whole; open and close are by id, sums exact.
TRADES = [
    trade(1, 59, "50"),
    trade(2, 60, "10", "0.1"), trade(3, 70, "12", "0.2"), trade(4, 119, "11", "0.00000003"),
    trade(5, 180, "90"),
]  # fmt: skip
OURS = candles_of(TRADES)
THEIRS = [10.0, 12.0, 10.0, 11.0, 0.30000003]


def test_only_whole_minutes_are_made_of_trades_and_sums_are_exact() -> None:
    assert list(OURS) == [START + 60]
    assert [str(value) for value in OURS[START + 60]] == ["10", "12", "10", "11", "0.30000003"]
    assert candles_of([]) == {}
    assert candles_of(TRADES[:2]) == {}


def test_the_exchange_s_candle_of_the_same_trades_is_ok() -> None:
    ends(judge_comparison(OURS, {START + 60: THEIRS}), Result.OK, "1 whole")


@pytest.mark.parametrize(("place", "name"), list(enumerate(Summed._fields)))
def test_a_candle_that_its_trades_do_not_make_fails_with_both_values(place: int, name: str) -> None:
    theirs: list[float] = list(THEIRS)
    theirs[place] *= 1 + 1e-6
    finding = judge_comparison(OURS, {START + 60: theirs})
    ends(
        finding, Result.FAILED, f"the {name} of 2023-11-14T22:15:00Z", str(OURS[START + 60][place])
    )


def test_a_candle_not_there_yet_is_warned_of_and_without_a_whole_minute_nothing_is_said() -> None:
    ends(judge_comparison(OURS, {}), Result.WARNING, "yet")
    ends(judge_comparison({}, {}), Result.NOT_POSSIBLE, "--seconds")


MATCH = {"type": "match", "trade_id": 7, "maker_order_id": "m", "taker_order_id": "t",
         "side": "buy", "size": "1", "price": "2.5", "product_id": "A-B", "sequence": 70,
         "time": "2024-03-13T11:00:17Z"}  # fmt: skip


def sorted_frames(*messages: Any) -> Listened:
    noted = Listened(60.0)
    for message in messages:
        frame = message if isinstance(message, bytes) else msgspec.json.encode(message)
        sort_frame(noted, frame, CoinbaseConnector().parse(frame), {})
    return noted


def test_kinds_that_we_know_are_ok() -> None:
    heartbeat = {"type": "heartbeat", "last_trade_id": 7, "product_id": "A-B", "sequence": 70,
                 "time": "2024-03-13T11:00:18Z"}  # fmt: skip
    subscribed = {"type": "subscriptions", "channels": []}
    ends(judge_kinds(sorted_frames(subscribed, MATCH, heartbeat)), Result.OK)


def test_a_kind_unknown_to_us_is_warned_of_and_counted() -> None:
    riddle = {"type": "riddle", "product_id": "A-B"}
    ends(judge_kinds(sorted_frames(MATCH, riddle, riddle)), Result.WARNING, "2 x", "'riddle'")
    ends(judge_kinds(sorted_frames(b"<html>")), Result.WARNING, "no message at all")


def test_a_trade_that_a_server_would_reject_fails() -> None:
    bare = {name: value for name, value in MATCH.items() if name != "price"}
    ends(judge_kinds(sorted_frames(bare)), Result.FAILED, "a trade without price")


def test_a_feed_is_judged_by_what_came() -> None:
    good = Listened(60.0, frames=9, trades=3, newest=7)
    ends(judge_feed(good), Result.OK, "9 messages", "60 s", "3 of them trades")
    ends(judge_feed(changed(good, trades=0)), Result.WARNING, "quiet")
    ends(judge_feed(changed(good, reconnects=2, said="cut")), Result.WARNING, "2 times", "cut")
    ends(judge_feed(Listened(60.0, said="refused")), Result.FAILED, "nothing came", "refused")
    ends(judge_feed(changed(good, refusal="No.")), Result.FAILED, "No.")
