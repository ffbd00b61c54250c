"""Trained models: listed, described, deleted."""

from typing import Any

from falcon.asgi import Request, Response

from api.docs.openapi import operation
from api.http.threads import in_database_thread
from api.lstm.schemas import Model, ModelDetails, ModelList
from core.clock.times import format_time
from core.names import check_name
from storage.models.named_runs import NamedRuns
from storage.models.runs import RunRecord


class LstmModels:
    """`GET /lstm/models`"""

    def __init__(self, models: NamedRuns) -> None:
        self._models = models

    @operation("list_models", "lstm", {200: ModelList})
    async def on_get(self, req: Request, resp: Response) -> None:
        """List the trained models, newest first."""
        records = await in_database_thread(self._models.list)
        resp.media = ModelList([Model(**_brief(record)) for record in records])


class LstmModel:
    """`GET` and `DELETE /lstm/models/{model_name}/{model_id}`"""

    def __init__(self, models: NamedRuns) -> None:
        self._models = models

    @operation("read_model", "lstm", {200: ModelDetails}, errors=(404, 422))
    async def on_get(self, req: Request, resp: Response, model_name: str, model_id: str) -> None:
        """Describe a model: what it was trained on and how it fared."""
        record = await in_database_thread(self._models.get, *_checked(model_name, model_id))
        resp.media = ModelDetails(
            **_brief(record), metadata=record.metadata, digests=record.digests
        )

    @operation("delete_model", "lstm", {204: None}, errors=(404, 422))
    async def on_delete(self, req: Request, resp: Response, model_name: str, model_id: str) -> None:
        """Delete a model and its files."""
        await in_database_thread(self._models.delete, *_checked(model_name, model_id))
        resp.status = 204


def _checked(model_name: str, model_id: str) -> tuple[str, str]:
    return check_name(model_name, "model_name"), check_name(model_id, "model_id")


def _brief(record: RunRecord) -> dict[str, Any]:
    noted = record.metadata
    return {
        "name": record.name,
        "id": record.name_id,
        "platform": record.series.platform,
        "symbol": record.series.symbol,
        "resolution": record.series.resolution,
        "created_at": format_time(record.created_at),
        "trained_at": noted.get("trained_at"),
        "nsteps": noted.get("nsteps"),
        "seq_len": noted.get("seq_len"),
        "n": noted.get("n"),
        "verdict": noted.get("verdict"),
        "scores": noted.get("scores") or {},
        "baseline_scores": noted.get("baseline_scores") or {},
    }
