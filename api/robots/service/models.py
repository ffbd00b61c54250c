"""The champions of the offered slots, with what they showed before the fact."""

from collections.abc import Mapping
from typing import Any

from falcon.asgi import Request, Response

from api.docs.openapi import operation
from api.http.threads import in_database_thread
from api.robots.offered import OfferedSlots
from api.robots.service.schemas import ActiveModel, ActiveModels
from api.robots.words import instant, model_version
from core.clock.resolutions import DAY, timeframe_code
from core.clock.times import now_ms
from core.models import SIGNAL
from core.process.recent import Recent
from core.robots.accounts import Account
from storage.models.registry import Registry
from storage.models.runs import RunRecord

# With fewer trades a profit factor says nothing.
LEAST_TRADES = 30
_KEPT = 1_024


class ActiveModelsResource:
    """`GET /api/models`"""

    def __init__(self, registry: Registry, offered: OfferedSlots) -> None:
        self._registry = registry
        self._offered = offered
        # A training never changes: it is read once.
        self._runs: Recent[str, RunRecord] = Recent(_KEPT)

    @operation("active_models", "robots", {200: ActiveModels})
    async def on_get(self, req: Request, resp: Response) -> None:
        """List the model that speaks for each offered slot; `in_plan` says if it may be seen."""
        models = await in_database_thread(self._models, req.context.account)
        resp.media = ActiveModels(len(models), models)

    def _models(self, account: Account | None) -> list[ActiveModel]:
        seen = {slot.target for slot in self._offered.now(account)}
        champions = {one.target: one.champion_id for one in self._registry.targets(SIGNAL)}
        ids = {slot.target: champions.get(slot.target) for slot in self._offered.now(None)}
        runs = {target: self._run(run_id) for target, run_id in ids.items() if run_id}
        return [_shown(run, target in seen, now_ms()) for target, run in runs.items()]

    def _run(self, run_id: str) -> RunRecord:
        return self._runs.get(run_id, lambda: self._registry.run(run_id))


def _shown(run: RunRecord, in_plan: bool, now: int) -> ActiveModel:
    target, direction = run.target, run.scores.get("direction") or {}
    trades = (run.scores.get("after_costs") or {}).get("1x") or {}
    count = trades.get("trades")
    enough = count is not None and count >= LEAST_TRADES
    skill = direction.get("skill") or {}
    return ActiveModel(
        symbol=target.symbol,
        tf_code=timeframe_code(target.resolution),
        model_v=model_version(target.symbol, target.resolution, run.model_hash),
        auc_wf=_number(direction, "auc"),
        pf_wf=_number(trades, "profit_factor") if enough else None,
        is_active=True,
        trained_at=instant(run.created_at),
        verdict=run.verdict,
        n_wf=run.n,
        skill=_number(skill, "value"),
        skill_low=_number(skill, "low"),
        skill_high=_number(skill, "high"),
        pf_wf_low=_number(trades, "profit_factor_low") if enough else None,
        trades_wf=count,
        ece_wf=_number(direction, "ece"),
        horizon=target.horizon,
        features=run.metadata.get("features"),
        train_from=instant(run.first_time * 1_000),
        train_to=instant(run.last_time * 1_000),
        age_days=round((now - run.created_at) / (DAY * 1_000), 1),
        in_plan=in_plan,
    )


def _number(values: Mapping[str, Any], name: str) -> float | None:
    value = values.get(name)
    return round(float(value), 4) if isinstance(value, int | float) else None
