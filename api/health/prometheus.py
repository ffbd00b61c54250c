"""Metrics, for Prometheus."""

from collections.abc import Sequence

from falcon import MEDIA_JSON
from falcon.asgi import Request, Response
from prometheus_client import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector

from api.docs.openapi import operation
from api.docs.openapi_parts import text_answer
from api.http.request_metrics import RequestMetrics
from api.http.threads import in_database_thread
from api.next_candle.metrics import ValidationMetrics
from api.next_candle.schemas import Metrics, SeriesQuery

_PLAIN = "text/plain"


class PrometheusMetrics:
    """`GET /metrics/prometheus`, and `GET /metrics` for callers that prefer plain text"""

    def __init__(
        self,
        metrics: RequestMetrics,
        others: Sequence[Collector],
        validation: ValidationMetrics,
    ) -> None:
        self._metrics = metrics
        self._others = others
        self._validation = validation

    @operation("prometheus", "service", {200: None}, more=text_answer(_PLAIN))
    async def on_get(self, req: Request, resp: Response) -> None:
        """Return counts and latencies of requests and tasks, queues, ingest, jobs and ledger."""
        resp.content_type = CONTENT_TYPE_LATEST
        resp.data = await in_database_thread(self._metrics.text, *self._others)

    @operation(
        "metrics", "next candle", {200: Metrics}, errors=(404, 422), more=text_answer(_PLAIN)
    )
    async def on_get_either(self, req: Request, resp: Response, query: SeriesQuery) -> None:
        """Return the validation of the newest training of the next candle.

        With `Accept: text/plain`, all metrics for Prometheus.
        """
        if req.client_prefers((MEDIA_JSON, _PLAIN)) == _PLAIN:
            await self.on_get(req, resp)
            return
        resp.media = await in_database_thread(self._validation.of, query)
