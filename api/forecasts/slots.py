"""The registry of models as it is read: slots, champions, challengers."""

from typing import Annotated, Any

from falcon.asgi import Request, Response
from msgspec import Meta, Struct

from api.candles.requested_series import stored_series
from api.docs.openapi import operation
from api.http.schemas import Name, ResolutionName, Symbol
from api.http.threads import in_database_thread
from core.clock.times import format_time
from core.forecast_target import HORIZON_LIMITS, ForecastTarget, target_of_series
from storage.models.registry import Registry
from storage.models.runs import RunRecord, TargetRecord


class WalkForward(Struct):
    """How a champion fared in its walk-forward, before it spoke; `skill` is against `baseline`."""

    n: int
    skill: dict[str, float | None]
    verdict: str
    baseline: str = "last_price"


class SlotShown(Struct):
    """A slot and its champion, if it has one; `retrain_every` in seconds, 0 for never."""

    platform: str
    symbol: str
    resolution: int
    horizon: int
    model: str
    champion_id: str | None
    promoted_at: str | None
    walk_forward: WalkForward | None
    created_at: str
    retrain_every: int
    expires_after: int
    failures: int
    last_error: str | None


class SlotList(Struct):
    """All slots for which a training was ever asked."""

    slots: list[SlotShown]


class RunsQuery(Struct, forbid_unknown_fields=True, kw_only=True):
    """Which slot."""

    platform: Name
    symbol: Symbol
    resolution: ResolutionName
    horizon: Annotated[int, Meta(ge=HORIZON_LIMITS[0], le=HORIZON_LIMITS[1])]
    model: Name
    limit: Annotated[int, Meta(ge=1, le=50)] = 20


class RunShown(Struct):
    """One training: what it was made from, how it was judged, why it was promoted or not."""

    id: str
    champion: bool
    created_at: str
    reason: str
    n: int
    scores: dict[str, Any]
    baseline_scores: dict[str, Any]
    verdict: str
    promoted: bool
    decision: dict[str, Any]
    details: dict[str, Any]
    candles: int
    first_time: str
    last_time: str
    seed: int
    options: dict[str, Any]
    data_hash: str
    model_hash: str
    code_version: str
    task_id: str | None


class RunList(Struct):
    """The newest trainings of a slot, newest first."""

    runs: list[RunShown]


class SlotsResource:
    """`GET /slots` and `GET /slots/runs`"""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    @operation("list_slots", "evaluation", {200: SlotList})
    async def on_get(self, req: Request, resp: Response) -> None:
        """List the slots that models were trained for."""
        resp.media = SlotList(await in_database_thread(self._slots))

    @operation("list_runs", "evaluation", {200: RunList}, errors=(404, 422))
    async def on_get_runs(self, req: Request, resp: Response, query: RunsQuery) -> None:
        """List the trainings of a slot, the champion among them, with folds and calibration."""
        series = stored_series(query.platform, query.symbol, query.resolution)
        target = target_of_series(series, query.horizon, query.model)
        resp.media = RunList(await in_database_thread(self._runs, target, query.limit))

    def _slots(self) -> list[SlotShown]:
        records = self._registry.targets()
        return [_slot(one, self._registry.champion(one.target)) for one in records]

    def _runs(self, target: ForecastTarget, limit: int) -> list[RunShown]:
        champion = self._registry.target(target).champion_id
        runs = self._registry.runs(target, limit)
        if champion and champion not in {run.id for run in runs}:
            runs.append(self._registry.run(champion))
        return [_run(run, run.id == champion) for run in runs]


def _slot(record: TargetRecord, champion: RunRecord | None) -> SlotShown:
    target, walked = record.target, None
    if champion:
        walked = WalkForward(champion.n, champion.scores["skill"], champion.verdict)
    return SlotShown(
        target.platform,
        target.symbol,
        target.resolution,
        target.horizon,
        target.model,
        record.champion_id,
        format_time(record.promoted_at) if record.promoted_at else None,
        walked,
        format_time(record.created_at),
        record.retrain_every,
        record.expires_after,
        record.failures,
        record.last_error,
    )


def _run(run: RunRecord, champion: bool) -> RunShown:
    return RunShown(
        id=run.id,
        champion=champion,
        created_at=format_time(run.created_at),
        reason=run.reason,
        n=run.n,
        scores=run.scores,
        baseline_scores=run.baseline_scores,
        verdict=run.verdict,
        promoted=run.promoted,
        decision=run.decision,
        details=run.metadata,
        candles=run.candles,
        first_time=format_time(run.first_time * 1_000),
        last_time=format_time(run.last_time * 1_000),
        seed=run.seed,
        options=run.options,
        data_hash=run.data_hash,
        model_hash=run.model_hash,
        code_version=run.code_version,
        task_id=run.job_id,
    )
