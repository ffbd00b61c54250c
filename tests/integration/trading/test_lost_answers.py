"""Answers that are lost at a venue: nothing is sent twice, and every order's end is found."""

from collections.abc import Iterator

import pytest

from feeds.simulator.running import simulating
from feeds.simulator.server import SimulatorOptions
from tests.exchange_candles import walk, write_candles
from tests.lost_answers import FATES, LOST, send_and_look


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("metaapi")
    write_candles(folder, "metaapi", "BTCUSD", 3_600, walk(10))
    with simulating(SimulatorOptions(folder)) as address:
        yield address


def test_orders_whose_answers_are_lost_are_found_or_proven_absent_and_none_is_doubled(
    url: str,
) -> None:
    fates = [fate for fate in FATES if fate != "429"]
    ends = send_and_look(url, fates)
    assert sorted(ends.positions) == sorted(ends.carried_out)
    assert "unknown" not in ends.states.values()
    done = {name for name, state in ends.states.items() if state in ("done", "filled")}
    assert done == ends.carried_out


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_of_five_hundred_lost_answers_none_is_doubled_and_all_are_resolved(url: str) -> None:
    ends = send_and_look(url, [LOST[number % len(LOST)] for number in range(500)], seed=1)
    assert sorted(ends.positions) == sorted(ends.carried_out)
    assert len(ends.positions) == len(set(ends.positions)) > 200
    assert "unknown" not in ends.states.values()
    done = {name for name, state in ends.states.items() if state == "filled"}
    assert done == ends.carried_out
