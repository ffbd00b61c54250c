"""Live trades through the whole stack in the worst order."""

from bench.running_tickcast import RunningTickcast
from storage.redis_connection import connect
from tests.e2e.conftest import wait_for
from tests.stream_load import START, Load, Sender, Verdict, count_stored, judge
from tests.trade_oracle import RawTrade


def test_trades_that_come_newest_first_and_one_a_body_are_all_in_their_candles(
    stack: RunningTickcast,
) -> None:
    hour = 3_600_000_000
    trades = [RawTrade(n + 1, START + n * hour, str(100 + n % 7), "0.25") for n in range(300)]
    load = Load({"N-USD": trades}, [("N-USD", trade) for trade in reversed(trades)])
    client = connect(stack.settings.redis_address)
    Sender(stack.url, stack.key, threads=1).send(load.bodies(1))
    wait_for(lambda: count_stored(client, load) >= len(trades), 90, "storing all trades")

    wait_for(lambda: judge(client, load) == Verdict(0, 0, 0), 10, "equalling the oracle")
    client.close()
