"""The models that speak at present, and what is known of each."""

import difflib
from collections.abc import Iterator
from typing import Any

import msgspec
from falcon.asgi import Request, Response

from api.docs.openapi import operation
from api.http.threads import in_database_thread, in_thread
from api.http.v1_envelope import V1Error, succeed
from api.v1.model_cards import Card, card_of_lstm, card_of_run
from api.v1.schemas_models import (
    ModelMetricsAnswer,
    ModelMetricsData,
    ModelsAnswer,
    ModelsData,
    ModelStatus,
    ModelSystem,
    RecentPredictions,
)
from core.clock.times import LATEST_MS, now_ms
from core.errors import NotFound
from core.forecast_target import ForecastTarget
from core.ledger import LIVE
from core.models import CLOSE, RANGE, SIGNAL
from storage.models.signals import PENDING
from storage.stores import Stores

DAY_MS = 86_400_000
_MOST_RECENT = 20_000


class ModelCards:
    """The cards of all champions; a training never changes, so its card is made once."""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores
        self._cards: dict[str, Card] = {}

    def all(self) -> list[Card]:
        """Return the cards of everything that speaks, by name."""
        cards = {card.id: card for card in (*self._champions(), *self._networks())}
        self._cards = cards
        return sorted(cards.values(), key=lambda card: card.status.name)

    def find(self, name: str) -> Card:
        """Return the card under a name; raises `NotFound` with the nearest."""
        cards = {card.status.name: card for card in self.all()}
        if name not in cards:
            near = difflib.get_close_matches(name, cards, n=3, cutoff=0.3)
            hint = f" Nearest: {', '.join(near)}." if near else ""
            raise NotFound(f"model_name: there is no model of this name.{hint}")
        return cards[name]

    def workers(self) -> list[dict[str, str]]:
        """Return the heartbeats of all workers."""
        return list(self._stores.workers.all().values())

    def recent(self, card: Card) -> RecentPredictions:
        """Return what came of a model's forecasts in the last 24 hours."""
        since = now_ms() - DAY_MS
        if card.target is None:
            return _share(0, [])
        if card.target.kind == SIGNAL:
            made = self._stores.signals.since(card.target.series, card.target.horizon, since)
            ended = [row for row in made if row.result not in (None, PENDING)]
            return _share(len(made), [row.result == "profit" for row in ended])
        return self._of_ledger(card.target, since)

    def _of_ledger(self, target: ForecastTarget, since: int) -> RecentPredictions:
        # A forecast of the last day aims at an opening after it was made.
        rows = self._stores.ledger_reader.page(
            LIVE, msgspec.structs.asdict(target), since // 1_000, LATEST_MS // 1_000, _MOST_RECENT
        ).rows
        made = [row for row in rows if row.made_at >= since]
        right = [
            (row.predicted - row.last_price) * (row.realised - row.last_price) > 0
            for row in made
            if row.realised is not None
        ]
        return _share(len(made), right)

    def _champions(self) -> Iterator[Card]:
        for record in self._stores.registry.targets(CLOSE, RANGE, SIGNAL):
            run_id = record.champion_id
            if run_id is not None:
                known = self._cards.get(run_id)
                yield known or card_of_run(self._stores.registry.run(run_id))

    def _networks(self) -> Iterator[Card]:
        for record in self._stores.named_runs.list():
            yield self._cards.get(record.id) or card_of_lstm(record)


def _share(total: int, right: list[bool]) -> RecentPredictions:
    accuracy = sum(right) / len(right) if right else None
    return RecentPredictions(total, len(right), sum(right), accuracy)


class ModelsStatusResource:
    """`GET /api/v1/models/status`"""

    def __init__(self, cards: ModelCards) -> None:
        self._cards = cards

    @operation("models_status", "v1", {200: ModelsAnswer}, failure=V1Error)
    async def on_get(self, req: Request, resp: Response) -> None:
        """Return every model that speaks, by name, and the memory of the workers."""
        resp.media = succeed(req, await in_thread(self._data))

    def _data(self) -> ModelsData:
        heartbeats = self._cards.workers()
        loaded = {
            run_id for heartbeat in heartbeats for run_id in heartbeat.get("loaded", "").split()
        }
        models = [_status(card, loaded) for card in self._cards.all()]
        held = sum(model.loaded for model in models)
        memory = sum(_float(heartbeat.get("memory_mb")) for heartbeat in heartbeats)
        return ModelsData(models, ModelSystem(len(models), held, memory))


class ModelMetricsResource:
    """`GET /api/v1/models/{model_name}/metrics`"""

    def __init__(self, cards: ModelCards) -> None:
        self._cards = cards

    @operation(
        "model_metrics",
        "v1",
        {200: ModelMetricsAnswer},
        errors=(404,),
        failure=V1Error,
    )
    async def on_get(self, req: Request, resp: Response, model_name: str) -> None:
        """Return a model's training, scores, importance of features, and its last 24 hours."""
        resp.media = succeed(req, await in_database_thread(self._details, model_name))

    def _details(self, name: str) -> ModelMetricsData:
        card = self._cards.find(name)
        return ModelMetricsData(
            model_name=card.status.name,
            version=card.status.version,
            training=card.training,
            performance=card.performance,
            feature_importance=card.importance,
            recent_predictions=self._cards.recent(card),
        )


def _status(card: Card, loaded: set[str]) -> ModelStatus:
    return msgspec.structs.replace(card.status, loaded=card.id in loaded)


def _float(value: Any) -> float:
    return float(value or 0)
