"""Whatever a caller sends, the answer is one that the document describes, and no fault of ours."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from schemathesis.config import HealthCheck, SchemathesisConfig
from schemathesis.engine import events, from_schema
from schemathesis.python import asgi
from schemathesis.python.asgi import ASGIClient
from schemathesis.schemas import BaseSchema

from api.app import Application
from core.clock.times import now_ms
from core.series import Series
from core.settings import Settings
from storage.jobs.worker_faults import WORKERS
from storage.stores import Stores
from tests.integration.api.work import hold_candles, hold_model
from tests.traders import trader_at_work

# What is generated is other for each seed, and the same in every run. The suite tries every
# border of every parameter, and few requests beyond; `make campaign` many, with all seeds.
EXAMPLES, MANY = 4, 25
SEEDS = (1, 2, 3)


def _slow(*values: int) -> Any:
    return pytest.param(*values, marks=pytest.mark.slow)


@pytest.fixture
def document(app: Application, stores: Stores, settings: Settings) -> Iterator[BaseSchema]:
    """The document of an application that holds something, all parts of which are ready."""
    # The shortest names that the patterns allow are what is tried first.
    hold_candles(stores, 600, Series("coinbase", "0", 60))
    hold_candles(stores, 600)
    hold_model(stores)
    for role in WORKERS:
        fields = {"role": role, "at": now_ms() + 3_600_000}
        stores.workers.heartbeat(f"{role}@host", "", fields)
        stores.redis.persist(f"worker:{role}@host")
    # How long an example takes is the machine's affair.
    patient = SchemathesisConfig(suppress_health_check=[HealthCheck.too_slow])
    # What a trader does at each pass would be a third of all time.
    with trader_at_work(stores, settings, pause_s=0.05):
        yield schemathesis.openapi.from_asgi("/openapi.json", app, config=patient)


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have no request look through the environment: that took a sixth of all time."""

    def get_client(app: Any, **more: Any) -> ASGIClient:
        client = ASGIClient(app, **more)
        client.trust_env = False
        return client

    monkeypatch.setattr(asgi, "get_client", get_client)


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
        if check.failure_info and not _lacks_others(recorder.interactions[case].response)
    ]


def _lacks_others(response: Any) -> bool:
    """Say whether an answer is the documented one where no model has learnt, or a venue is away."""
    if response is None or response.status_code != 503:
        return False
    error = response.json()["error"]
    name = error["code"].lower() if isinstance(error, dict) else error
    return name in {"model_unavailable", "exchange_unavailable"}


@pytest.mark.parametrize(
    ("seed", "examples"), [(1, EXAMPLES), *(_slow(seed, MANY) for seed in SEEDS)]
)
def test_with_a_key_every_answer_is_as_documented(
    document: BaseSchema, key: str, seed: int, examples: int
) -> None:
    headers = {"X-API-Key": key, "Prefer": "respond-async"}
    # No worker ends the tasks that this begins, and the events of such a task do not end.
    ending = document.exclude(operation_id="follow_task")
    # Ends the key that all the others are sent with.
    ending = ending.exclude(operation_id="regenerate_key")
    assert _try(ending, headers, seed, examples) == []


@pytest.mark.parametrize("seed", [1, *(_slow(seed) for seed in SEEDS[1:])])
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
