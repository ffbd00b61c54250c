"""Whatever a caller sends, the answer is one that the document describes, and no fault of ours."""

from typing import Any

import pytest
import schemathesis
from schemathesis.engine import events, from_schema
from schemathesis.schemas import BaseSchema

from api.app import Application
from core.clock.times import now_ms
from core.series import Series
from storage.jobs.worker_faults import WORKERS
from storage.stores import Stores
from tests.integration.api.work import hold_candles, hold_model

EXAMPLES = 25
# What is generated is other for each, and the same in every run; `make campaign` tries all.
SEEDS = (1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (2, 3)))


@pytest.fixture
def document(app: Application, stores: Stores) -> BaseSchema:
    """The document of an application that holds something, all parts of which are ready."""
    # The shortest names that the patterns allow are what is tried first.
    hold_candles(stores, 600, Series("coinbase", "0", 60))
    hold_candles(stores, 600)
    hold_model(stores)
    for role in WORKERS:
        fields = {"role": role, "at": now_ms() + 3_600_000}
        stores.workers.heartbeat(f"{role}@host", "", fields)
        stores.redis.persist(f"worker:{role}@host")
    return schemathesis.openapi.from_asgi("/openapi.json", app)


def _try(
    document: BaseSchema,
    headers: dict[str, str],
    seed: int,
    examples: int,
    phases: tuple[str, ...] = ("examples", "coverage", "fuzzing"),
) -> list[str]:
    """Send generated requests; return what is wrong with the answers."""
    config = document.config
    config.update(headers=headers)
    config.seed = seed
    config.generation.update(max_examples=examples, deterministic=True, database="none")
    config.phases.update(phases=list(phases))
    # A valid request may contradict what is held, or itself: start after end is a 422.
    config.checks.update(excluded_check_names=["positive_data_acceptance"])
    wrong = []
    for event in from_schema(document).execute():
        if isinstance(event, events.NonFatalError | events.FatalError):
            wrong.append(str(event.value if isinstance(event, events.NonFatalError) else event))
        if isinstance(event, events.ScenarioFinished):
            wrong += _failures(event.recorder)
    return wrong


def _failures(recorder: Any) -> list[str]:
    return [
        f"{recorder.label}: {check.failure_info.failure}\n{check.failure_info.code_sample}"
        for case, checks in recorder.checks.items()
        for check in checks
        if check.failure_info and not _is_no_model(recorder.interactions[case].response)
    ]


def _is_no_model(response: Any) -> bool:
    """Say whether an answer is the documented one for candles of which no model has learnt."""
    if response is None or response.status_code != 503:
        return False
    error = response.json()["error"]
    return (error["code"].lower() if isinstance(error, dict) else error) == "model_unavailable"


@pytest.mark.parametrize("seed", SEEDS)
def test_with_a_key_every_answer_is_as_documented(
    document: BaseSchema, key: str, seed: int
) -> None:
    headers = {"X-API-Key": key, "Prefer": "respond-async"}
    # No worker ends the tasks that this begins, and the events of such a task do not end.
    ending = document.exclude(operation_id="follow_task")
    # Ends the key that all the others are sent with.
    ending = ending.exclude(operation_id="regenerate_key")
    assert _try(ending, headers, seed, EXAMPLES) == []


@pytest.mark.parametrize("seed", SEEDS)
def test_without_a_key_every_answer_is_as_documented(document: BaseSchema, seed: int) -> None:
    public = [
        operation["operationId"]
        for path in document.raw_schema["paths"].values()
        for operation in path.values()
        if {} in operation.get("security", ())
    ]
    assert _try(document.include(operation_id=public), {}, seed, examples=3) == []
    # A stranger is refused before anything of his call is read: its borders are those of none.
    closed = document.exclude(operation_id=public)
    assert _try(closed, {}, seed, examples=3, phases=("fuzzing",)) == []
