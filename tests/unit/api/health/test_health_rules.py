"""The rules by which parts are judged, one by one."""

from typing import Any

import pytest

from api.health.check import Answer
from api.health.model import AgentModel
from api.health.probes import Connections, Exchange, exchanges
from api.health.state import HealthState
from core.series import Series
from storage.candles.watches import Watch
from storage.jobs.worker_faults import WORKERS, faults

NOW = 1_700_000_000_000


def heartbeat(role: str, **fields: object) -> dict[str, str]:
    shown = {"role": role, "at": NOW - 500, **fields}
    return {name: str(value) for name, value in shown.items()}


def heartbeats(*others: dict[str, str]) -> dict[str, dict[str, str]]:
    found = {f"{role}@host": heartbeat(role) for role in WORKERS}
    return found | {f"{fields['role']}@host": fields for fields in others}


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"at": NOW - 3_900}, None),
        ({"at": NOW - 4_000}, "silent for 4 s"),
        ({"stopped": 1}, "a process of its pool stands still"),
        ({"idle_s": 3, "waiting": 2}, None),
        ({"idle_s": 4, "waiting": 2}, "messages have waited for 4 s, and it takes none"),
        ({"oldest_s": 59, "waiting": 1}, None),
        ({"oldest_s": 60, "waiting": 0}, None),
        ({"oldest_s": 60, "waiting": 1}, "at one message for 60 s while others wait"),
    ],
)
def test_a_worker_is_judged_by_its_progress(fields: dict[str, Any], fault: str | None) -> None:
    found = faults(heartbeats(heartbeat("worker", **fields)), NOW)
    assert found == dict.fromkeys(WORKERS) | {"worker": fault}


@pytest.mark.parametrize("role", ["fetcher", "trainer"])
def test_long_work_is_no_fault_of_those_who_do_it(role: str) -> None:
    busy = heartbeat(role, oldest_s=7_200, waiting=30, idle_s=0)
    assert faults(heartbeats(busy), NOW)[role] is None


def test_a_worker_without_any_process_is_down_and_one_bad_process_of_two_counts() -> None:
    found = heartbeats()
    del found["beat@host"]
    found["worker@other"] = heartbeat("worker", at=NOW - 9_000)
    told = faults(found, NOW)
    assert told["beat"] == "no process shows a pulse"
    assert told["worker"] == "silent for 9 s"


def watch(platform: str, age_s: float | None, resolution: int = 300, made_s: float = 0) -> Watch:
    came = None if age_s is None else int(NOW - 1_000 * age_s)
    return Watch(Series(platform, "X", resolution), int(NOW - 1_000 * made_s), came, came)


@pytest.mark.parametrize(
    ("watches", "live", "fresh"),
    [
        ([watch("kraken", 419)], {}, True),
        ([watch("kraken", 421)], {}, False),
        ([watch("kraken", 3_700, 3_600)], {}, True),
        ([watch("kraken", 10), watch("kraken", 9_000)], {}, False),
        ([watch("kraken", None, made_s=5)], {}, True),
        ([watch("kraken", None, made_s=500)], {}, False),
        ([], {"kraken": NOW - 299_000}, True),
        ([], {"kraken": NOW - 301_000}, False),
        ([watch("kraken", 9_000)], {"kraken": NOW}, False),
    ],
)
def test_an_exchange_is_fresh_while_what_is_watched_comes(
    watches: list[Watch], live: dict[str, int], fresh: bool
) -> None:
    found = exchanges(watches, live, NOW)
    assert found.keys() == {"kraken"}
    assert (found["kraken"].fresh, found["kraken"].watched) == (fresh, bool(watches))


def state(**changes: Any) -> HealthState:
    well: dict[str, Any] = {
        "at": NOW, "milliseconds": 1.0, "redis": Answer(True, 1.0),
        "database": Answer(Connections(0, 1, 15), 1.0), "broker": Answer({}, 1.0),
        "heartbeats": {}, "workers": dict.fromkeys(WORKERS), "models": 0, "exchanges": {},
        "offsets": {},
    }  # fmt: skip
    return HealthState(**(well | changes))


AWAY: Any = Answer(None, 1_500.0)
LATE = Exchange(NOW, fresh=False, watched=True)
QUIET = Exchange(NOW, fresh=False, watched=False)


@pytest.mark.parametrize(
    ("changes", "verdict", "broken"),
    [
        ({}, "healthy", set()),
        ({"redis": AWAY}, "degraded", {"redis"}),
        ({"database": AWAY}, "degraded", {"database"}),
        ({"redis": AWAY, "database": AWAY}, "unhealthy", {"redis", "database"}),
        ({"broker": AWAY}, "degraded", {"broker"}),
        ({"workers": {**dict.fromkeys(WORKERS), "beat": "silent"}}, "degraded", {"beat"}),
        ({"exchanges": {"kraken": LATE}}, "degraded", {"kraken"}),
        ({"exchanges": {"kraken": QUIET}}, "healthy", set()),
        ({"offsets": {"kraken": (5_001.0, NOW)}}, "degraded", {"clock of kraken"}),
        ({"agent": AgentModel("ollama", "m", reachable=False)}, "degraded", {"model"}),
    ],
)
def test_the_verdict_follows_from_what_is_broken(
    changes: dict[str, Any], verdict: str, broken: set[str]
) -> None:
    found = state(**changes)
    assert found.verdict == verdict
    assert found.broken.keys() == broken
