"""What the operator watches, in one answer: robots, signals, inputs, trainings, feeds, sales."""

from collections import Counter, defaultdict
from collections.abc import Sequence

from falcon.asgi import Request, Response

from api.docs.openapi import operation
from api.http.threads import in_thread
from api.robots.service.checks import ServiceChecks
from api.robots.service.operations import feed_states, mails_state, webhooks_state
from api.robots.words import instant, model_version
from api.sales.ea_health import ea_health
from api.sales.openapi_parts import ADMIN_OR_OWNER
from api.sales.schemas_monitoring import (
    ConfidenceCount,
    Distribution,
    Distributions,
    FeatureHealth,
    ModelEventShown,
    MonitoringData,
    SlotNumbers,
    SlotWords,
    WordCounts,
)
from core.clock.resolutions import DAY, timeframe_code
from core.clock.times import now_ms
from core.errors import Unavailable
from core.signals import BUY, HOLD, SELL
from storage.ledger.signal_counts import Share
from storage.service.model_events import ModelEvent, model_events
from storage.service.service_state import ServiceState
from storage.stores import Stores
from tasks import task_table as tasks

_DAY_MS = DAY * 1_000
_TENTHS = 10
_TRAININGS = (tasks.TRAIN_SIGNALS.name, tasks.TRAIN_SLOT.name)


class Monitoring:
    """`GET /admin/monitoring-data`"""

    def __init__(self, stores: Stores, checks: ServiceChecks) -> None:
        self._stores = stores
        self._checks = checks

    @operation("monitoring_data", "admin", {200: MonitoringData}, more=ADMIN_OR_OWNER)
    async def on_get(self, req: Request, resp: Response) -> None:
        """Tell all that an operator watches; opened by the owner's key, too."""
        health, state = await self._checks.ask()
        if state is None:
            raise Unavailable(f"{(health.reasons or ['a part does not answer'])[0]}.")
        resp.media = await in_thread(self._data, state, now_ms())

    def _data(self, state: ServiceState, now: int) -> MonitoringData:
        stores = self._stores
        shares = [stores.signal_counts.shares(now - days * _DAY_MS) for days in (1, 7)]
        events = model_events(stores.engine, now - _DAY_MS, _TRAININGS)
        return MonitoringData(
            as_of=instant(now),
            ea_health=ea_health(stores, now),
            signals_distribution=Distributions(*map(_distribution, shares)),
            feature_health=_features(stores),
            models_24h=[_event(one) for one in events],
            feeds=feed_states(stores, now),
            webhooks=webhooks_state(stores, now),
            mails=mails_state(stores),
            slots=_slots(state, now),
        )


def _slots(state: ServiceState, now: int) -> SlotNumbers:
    current = [row for row in state.newest.values() if not row.is_stale(now // 1_000)]
    return SlotNumbers(state.slots, len(current), len(state.stale))


def _distribution(shares: Sequence[Share]) -> Distribution:
    words: Counter[str] = Counter()
    tenths: Counter[int] = Counter()
    slots: defaultdict[tuple[str, int], Counter[str]] = defaultdict(Counter)
    for one in shares:
        words[one.type] += one.count
        tenths[one.tenth] += one.count
        slots[one.symbol, one.resolution][one.type] += one.count
    return Distribution(
        n=words.total(),
        by_word=WordCounts(*_by_word(words)),
        by_slot=[
            SlotWords(symbol, timeframe_code(length), *_by_word(found))
            for (symbol, length), found in sorted(slots.items())
        ],
        by_confidence=[
            ConfidenceCount(n / _TENTHS, (n + 1) / _TENTHS, tenths[n]) for n in range(_TENTHS)
        ],
    )


def _by_word(counts: Counter[str]) -> tuple[int, int, int]:
    return counts[BUY], counts[SELL], counts[HOLD]


def _features(stores: Stores) -> list[FeatureHealth]:
    targets = sorted(slot.target for slot in stores.slots.offered())
    return [
        FeatureHealth(
            symbol=target.symbol,
            tf_code=timeframe_code(target.resolution),
            feature=one.name,
            psi=one.psi,
            missing_pct=one.missing_percent,
            status=one.status,
        )
        for target, report in stores.inputs.of(targets).items()
        for one in report.inputs
    ]


def _event(one: ModelEvent) -> ModelEventShown:
    version = one.model_hash and model_version(one.symbol, one.resolution, one.model_hash)
    return ModelEventShown(
        symbol=one.symbol,
        tf_code=timeframe_code(one.resolution),
        model_v=version,
        event=one.event,
        at=instant(one.at),
        reason=one.reason,
    )
