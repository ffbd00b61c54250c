"""The application: every route stands on this page."""

from falcon.asgi import App, Request, Response

from api.access import Access
from api.answers import Answers
from api.compression import Compression
from api.encoded_slashes import EncodedSlashes
from api.errors import add_error_handlers
from api.head_requests import HeadRequests
from api.job_waiting import JobWaiting
from api.live.broadcast import Broadcast
from api.live.door import LiveDoor
from api.lstm_requests import LstmRequests
from api.metrics import QueueLengths, RequestMetrics
from api.openapi import build_document
from api.queue_room import QueueRoom
from api.request_id import RequestId
from api.request_log import RequestLog
from api.resources.candles import CandlesResource
from api.resources.docs import DocsPage, OpenApiDocument
from api.resources.health import HealthResource
from api.resources.ingest_candles import IngestCandles
from api.resources.ingest_kline import IngestKline
from api.resources.ingest_live import IngestLive
from api.resources.live_data import (
    AnomaliesResource,
    GapsResource,
    QuarantineResource,
    TradesResource,
)
from api.resources.lstm_models import LstmModel, LstmModels
from api.resources.lstm_predict import PredictLstm
from api.resources.lstm_train import TrainLstm
from api.resources.page import STATIC, Page
from api.resources.prometheus import PrometheusMetrics
from api.resources.root import RootResource
from api.resources.stream import StreamResource
from api.resources.tasks import TaskEvents, TaskList, TaskResource
from api.resources.watch import WatchResource
from core.settings import Settings
from storage.gap_ledger import GapLedger
from storage.stores import Stores
from storage.stream_stores import StreamStores
from tasks.enqueue import Enqueue
from tasks.enqueue_stream import EnqueueStream

Application = App[Request, Response]


def create_app(
    stores: Stores,
    stream: StreamStores,
    enqueue: Enqueue,
    enqueue_stream: EnqueueStream,
    settings: Settings,
) -> Application:
    """Return the ASGI application on stores that are open and migrated."""
    metrics = RequestMetrics()
    waiting = JobWaiting(stores.jobs, settings.redis_address)
    answers = Answers(waiting)
    room = QueueRoom(enqueue)
    app: Application = App(
        # Answers pass these in reverse: packed first, logged last but for their id.
        middleware=[
            RequestId(),
            RequestLog(metrics),
            HeadRequests(),
            EncodedSlashes(),
            Access(stores.keys, required=settings.auth == "on"),
            waiting,
            Compression(),
        ]
    )
    app.req_options.strip_url_path_trailing_slash = True
    add_error_handlers(app)

    lstm = LstmRequests(stores.models, stores.candles, settings.default_platform)
    door = LiveDoor(enqueue_stream, stream.quarantine, stream.traded, room)
    predict = PredictLstm(lstm, enqueue, room, answers)
    text = PrometheusMetrics(metrics, QueueLengths(enqueue))

    app.add_route("/", RootResource())
    app.add_route("/app", Page())
    app.add_static_route("/app/static", str(STATIC))
    app.add_route("/docs", DocsPage())
    app.add_route("/health", HealthResource(stores))
    app.add_route("/metrics", text, suffix="either")
    app.add_route("/metrics/prometheus", text)

    app.add_route("/tasks", TaskList(stores.jobs))
    app.add_route("/tasks/{task_id}", TaskResource(stores.jobs))
    app.add_route("/tasks/{task_id}/events", TaskEvents(stores.jobs, waiting))

    app.add_route("/ingest/kline/{platform}", IngestKline(enqueue, room, answers))
    app.add_route("/ingest/candles/{platform}", IngestCandles(enqueue, room, answers))
    app.add_route("/ingest/{platform}", IngestLive(door))
    app.add_route("/trades/{platform}/{symbol}", TradesResource(stream.reader, stream.traded))
    app.add_route(
        "/anomalies/{platform}/{symbol}", AnomaliesResource(stream.anomalies, stream.traded)
    )
    app.add_route(
        "/gaps/{platform}/{symbol}", GapsResource(GapLedger(stores.engine), stream.traded)
    )
    app.add_route("/quarantine/{platform}", QuarantineResource(stream.quarantine))
    app.add_route(
        "/ws/stream",
        StreamResource(
            Broadcast(settings.redis_address), settings.default_platform, settings.default_symbol
        ),
    )
    app.add_route("/candles/{platform}/{symbol}/{resolution}", CandlesResource(stores.candles))
    app.add_route("/watch", WatchResource(stores.watches, settings.default_platform))

    app.add_route("/lstm/train", TrainLstm(lstm, enqueue, room, answers))
    app.add_route("/lstm/predict", predict)
    app.add_route("/lstm/predictnsteps", predict, suffix="steps")
    app.add_route("/lstm/models", LstmModels(stores.models))
    app.add_route("/lstm/models/{model_name}/{model_id}", LstmModel(stores.models))

    app.add_route("/openapi.json", OpenApiDocument(build_document(app)))
    return app
