"""Candles of many slots close at once while parts of the server are killed and models replaced.

Each (slot, candle) gets one sealed signal or a miss with its reason, never both, never two;
a signal that is deleted is found. Prints how long after the close signals were sealed.

`CAMPAIGN_SLOTS` (84) and `CAMPAIGN_CLOSES` (3, five minutes each) say how much of it.
"""

import json
import os
import random
import shutil
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import msgspec
import numpy as np
import pytest
from sqlalchemy import delete, select

from bench.measure import percentile
from bench.running_tickcast import RunningTickcast
from core.forecast_target import ForecastTarget
from core.ledger import SIGNALS
from core.series import Series
from core.settings import Settings
from core.signals import OFFERED_HORIZONS, RANGE_MODEL, SIGNAL_MODEL, path_target
from operate.embedded_redis import start_redis, stop_redis
from storage.database import migrate, writing
from storage.ledger import append_only
from storage.ledger.ledger_reads import is_target
from storage.ledger.ledger_rows import MISSED
from storage.ledger.ledger_tables import ledger_events, ledger_signals
from storage.ledger.ledger_verify import verify_ledger
from storage.stores import Stores, open_stores
from tests.e2e.conftest import client_of
from tests.e2e.faults.test_kills import kill
from tests.integration.tasks.signals.market import candles, train

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3_600)]

SLOTS = int(os.environ.get("CAMPAIGN_SLOTS", "84"))
CLOSES = int(os.environ.get("CAMPAIGN_CLOSES", "3"))
PLATFORM, STEP, COUNT = "mt5", 300, 3_000
HORIZON = OFFERED_HORIZONS[STEP]
BASE = Series(PLATFORM, "BASE", STEP)
KILLED = ("worker", "beat", "redis", "stream")


def series(number: int) -> Series:
    """Return the series of a slot."""
    return Series(PLATFORM, f"S{number}", STEP)


def give_model(stores: Stores, to: Series) -> None:
    """Make another training of the base's models the champions of a series."""
    for model in (SIGNAL_MODEL, RANGE_MODEL):
        target = path_target(to, HORIZON, model)
        held = stores.registry.champion_id(path_target(BASE, HORIZON, model))
        assert held is not None
        run = stores.registry.run(held)
        draft = stores.registry.new_folder()
        shutil.copytree(stores.data_dir / run.folder, draft, dirs_exist_ok=True)
        copied = msgspec.structs.replace(run, id=str(uuid.uuid4()), target=target, job_id=None)
        stores.registry.configure(target, {}, 0, 0)
        stores.registry.enter(copied, draft, stores.registry.champion_id(target))


@pytest.fixture
def board(tmp_path: Path) -> Iterator[RunningTickcast]:
    """A server whose slots have candles and models from before it started."""
    settings = Settings(data_dir=tmp_path / "data", _env_file=None)
    redis = start_redis(settings)
    stores = open_stores(settings)
    migrate(stores.engine, settings.data_dir)
    end = int(time.time()) // STEP * STEP
    stores.candles.write(BASE, candles(COUNT, end))
    assert train(stores, BASE, HORIZON).error is None
    for number in range(SLOTS):
        stores.candles.write(series(number), candles(COUNT, end, seed=number))
        give_model(stores, series(number))
    stores.close()
    stop_redis(redis)
    markets = {series(number).symbol: ["M5"] for number in range(SLOTS)}
    told = {"signal_platform": PLATFORM, "signal_markets": json.dumps(markets)}
    with RunningTickcast(settings.data_dir, **told) as tickcast:
        yield tickcast


def push(client: httpx.Client, number: int, opening: int) -> None:
    """Bring in a candle, as often as it takes."""
    row = [opening, 100.0, 100.1, 99.9, 100.05, 7.0]
    body = {"symbol": series(number).symbol, "resolution": STEP, "candles": [row]}
    while True:
        with suppress(httpx.TransportError):
            answer = client.post(f"/ingest/candles/{PLATFORM}", json=body)
            if answer.status_code in (200, 202):
                return
        time.sleep(0.2)


def close_candles(tickcast: RunningTickcast, opening: int) -> None:
    """Bring in the candle of every slot once it has closed, from some feeds at once."""
    time.sleep(max(0.0, opening + STEP + 0.3 - time.time()))

    def some(first: int) -> None:
        with client_of(tickcast) as client:
            for number in range(first, SLOTS, 4):
                push(client, number, opening)

    feeds = [threading.Thread(target=some, args=(first,)) for first in range(4)]
    for feed in feeds:
        feed.start()
    for feed in feeds:
        feed.join()


def bring_missed(tickcast: RunningTickcast, stores: Stores, until: int) -> None:
    """Bring in candles that closed while the server started: a gap would be a reason to miss."""
    held = stores.candles.extent(series(0))
    assert held is not None
    for opening in range(held.last + STEP, until, STEP):
        close_candles(tickcast, opening)


def harass(tickcast: RunningTickcast, over: threading.Event, stores: Stores) -> Counter[str]:
    """Kill parts one after another, and replace models, in the first 40 s of each candle."""
    drawn, done = random.Random(14), Counter[str]()
    while not over.wait(drawn.uniform(2, 6)):
        if time.time() % STEP > 40:
            continue
        part = drawn.choice(KILLED)
        with suppress(ValueError, ProcessLookupError):  # it is on its way back
            kill(tickcast, part)
            done[part] += 1
        give_model(stores, series(drawn.randrange(SLOTS)))
        done["trainings"] += 1
    return done


def accounted(stores: Stores, target: ForecastTarget, last: int) -> tuple[int, int]:
    """Return how often a target's last candle was sealed, and how often missed."""
    signals, events = ledger_signals.c, ledger_events.c
    mine = is_target(ledger_signals, target), signals.opening == last
    spans = events.opening <= last, events.last_opening >= last
    lost = is_target(ledger_events, target), events.kind == MISSED, *spans
    with stores.engine.connect() as connection:
        sealed = connection.execute(select(signals.seq).where(*mine)).all()
        missed = connection.execute(select(events.number).where(*lost)).all()
    return len(sealed), len(missed)


def test_each_slot_and_candle_is_sealed_once_or_missed_with_a_reason(
    board: RunningTickcast,
) -> None:
    stores = open_stores(board.settings)
    over, killed = threading.Event(), list[Counter[str]]()
    killer = threading.Thread(target=lambda: killed.append(harass(board, over, stores)))
    first = int(time.time()) // STEP * STEP
    openings = [first + STEP * number for number in range(CLOSES)]
    bring_missed(board, stores, first)
    calm = openings[-1]  # nothing is killed at the last close
    for opening in openings:
        if opening != calm and not killer.is_alive():
            killer.start()
        if opening == calm:
            over.set()
            if killer.ident:
                killer.join()
        close_candles(board, opening)
        time.sleep(45)
    targets = [path_target(series(number), HORIZON, SIGNAL_MODEL) for number in range(SLOTS)]
    lasts = [opening + HORIZON * STEP for opening in openings]
    found = Counter(accounted(stores, target, last) for target in targets for last in lasts)
    rows = stores.sealed.history(targets, 2**62, SLOTS * CLOSES, holds=True)
    delays = [row.made_at / 1_000 - row.input_end for row in rows if row.input_end == calm + STEP]
    print(f"\nkilled {dict(*killed)}; sealed, missed: {dict(found)}; {stores.sealed.missed()}")
    shown = f"p50 {percentile(delays, 0.5):.1f} s, last {max(delays):.1f} s" if delays else "none"
    print(f"calm close of {SLOTS} slots: {len(delays)} sealed, {shown} after it")
    assert set(found) <= {(1, 0), (0, 1)}
    assert delays, "nothing was sealed in time at the calm close"
    assert verify_ledger(stores.engine, stores.heads, SIGNALS).ok
    with writing(stores.engine) as connection:
        append_only.lift(connection)
        connection.execute(delete(ledger_signals).where(ledger_signals.c.seq == rows[-1].seq))
    found_bad = verify_ledger(stores.engine, stores.heads, SIGNALS)
    assert (found_bad.ok, found_bad.first_bad) == (False, rows[-1].seq)
    assert np.all(np.array(delays) <= 30)
    stores.close()
