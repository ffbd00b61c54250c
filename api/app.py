"""The application: every route stands on this page."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from limits import RateLimitItemPerDay, RateLimitItemPerHour

from agent.chat.options import Options
from agent.wires.connect import connect
from api.access.access import Access
from api.access.admin_access import AdminAccess
from api.access.callers import Callers
from api.access.cors import CrossOrigin
from api.access.minute_calls import MinuteCalls
from api.access.open_streams import OpenStreams
from api.access.rate_limits import RateLimits
from api.access.seldom_calls import SeldomCalls
from api.access.trusted_hosts import TrustedHosts
from api.agent.answering import Answering
from api.agent.chat import ChatResource
from api.agent.conversations import ConversationsResource
from api.agent.metrics import AgentMetrics
from api.agent.tools.table import callers_tools
from api.asyncapi import AsyncApiDocument
from api.candles.candles import CandlesResource
from api.candles.care import MarketCandles, RenameSeries, SeriesCare, UndoMove
from api.candles.ingest_candles import IngestCandles
from api.candles.ingest_kline import IngestKline
from api.candles.quality import QualityResource
from api.candles.read_upload import ReadUpload
from api.candles.series_list import SeriesListResource
from api.candles.watch import WatchResource
from api.docs.openapi import build_document
from api.docs.pages import DocsPage, OpenApiDocument
from api.forecasts.forecasters import ForecasterResource
from api.forecasts.ledger import LedgerResource, ScoreboardResource, VerifyLedger
from api.forecasts.outside_forecasts import OutsideForecasts
from api.forecasts.requests import SlotRequests
from api.forecasts.slots import SlotsResource
from api.forecasts.submit import SubmitForecasts
from api.forecasts.work import (
    EvaluateResource,
    ForecastResource,
    LeakTestResource,
    ReplayResource,
    TrainSlotResource,
)
from api.health.health import HealthResource
from api.health.model import ModelHealth
from api.health.prometheus import PrometheusMetrics
from api.health.state import HealthChecks
from api.health.store_metrics import QueueLengths, StoreMetrics
from api.http.background_work import BackgroundWork
from api.http.errors import add_error_handlers
from api.http.job_waiting import JobWaiting
from api.http.middleware import Compression, EncodedSlashes, HeadRequests, RequestId, RequestLog
from api.http.queue_limits import QueueLimits
from api.http.request_metrics import RequestMetrics, RequestRates
from api.http.routes import BAD_REQUEST, Application, CallLimit, Routes
from api.http.short_work import ShortWork
from api.jobs.tasks import TaskEvents, TaskList, TaskResource
from api.live.broadcast import Broadcast
from api.live.first_frames import FirstFrames
from api.live.ingest_live import IngestLive
from api.live.live_data import AnomaliesResource, GapsResource, QuarantineResource, TradesResource
from api.live.live_ingest import LiveIngest
from api.live.stream import StreamResource
from api.lstm.lstm_predict import PredictLstm
from api.lstm.models import LstmModel, LstmModels
from api.lstm.requests import LstmRequests
from api.lstm.work import TrainLstm
from api.markets.markets import MarketList, MarketResource
from api.markets.ohlcv import OhlcvResource
from api.markets.snapshot import SnapshotResource
from api.markets.symbol_resolver import SymbolResolver
from api.markets.symbols import SymbolsResource
from api.markets.sync import SyncResource
from api.next_candle.futures import FuturesResource
from api.next_candle.metrics import ValidationMetrics
from api.next_candle.requests import NextCandleRequests
from api.next_candle.series import SeriesResource
from api.next_candle.work import NextCandleWork
from api.pages.page import Page, PageFiles
from api.pages.root import RootResource
from api.record.calibration import CalibrationResource
from api.record.kept_record import RecordWork
from api.record.performance import PerformanceResource
from api.robots.copies import AccountCopies
from api.robots.executions import ExecutionsResource
from api.robots.feed import FeedClock, FeedResource
from api.robots.heartbeat import HeartbeatResource
from api.robots.history import AccountSignalList, PredictionCounts, SlotHistory
from api.robots.offered import OfferedSlots
from api.robots.positions import AccountExecutions
from api.robots.scan import ScanResource
from api.robots.service.checks import ServiceChecks
from api.robots.service.ea_status import EaStatusResource
from api.robots.service.health import ServiceHealthResource, ServiceStatusResource
from api.robots.service.models import ActiveModelsResource
from api.robots.service.public_stats import PublicStatsResource
from api.robots.terminals import TerminalList
from api.sales.account_me import AccountMe
from api.sales.admin_accounts import AdminAccount, AdminAccounts, AdminClaimLink
from api.sales.admin_keys import AdminKey, AdminKeys
from api.sales.admin_lists import AdminMails, AdminWebhookRetry, AdminWebhooks
from api.sales.claim import ClaimResource, ResendClaim
from api.sales.monitoring import Monitoring
from api.sales.regenerate import RegenerateKey
from api.sales.webhook import WebhookResource
from api.signals.active import ActiveSignals
from api.signals.amd import AmdResource
from api.signals.answers import EngineAnswers
from api.signals.feed import SignalFeed
from api.signals.frames import EventFrames
from api.signals.generate import GenerateSignal
from api.signals.ranges import PredictRange
from api.signals.socket import SignalSocket
from api.trading.command_door import CommandDoor
from api.trading.config import ConfigResource
from api.trading.decisions import DecisionsResource
from api.trading.halt import SwitchResource
from api.trading.history import HistoryResource
from api.trading.live import AdminLive
from api.trading.mt4.market import CandlesOfTerminal, TickResource
from api.trading.mt4.positions import CloseByPath, CloseResource, Closing, PositionsResource
from api.trading.mt4.sessions import (
    AgentConnectResource,
    ConnectResource,
    DisconnectResource,
    Sessions,
    TerminalStatus,
)
from api.trading.mt4.venue_terminal import VenueTerminal
from api.trading.open_position import Desk, OpenPositionResource
from api.trading.orders import OrdersResource, VerifyResource
from api.trading.place import OrderReader
from api.trading.portfolio import PortfolioResource
from api.trading.status import StatusResource
from api.trading.trade import TradeResource
from api.trading.valued import PaperAccounts
from api.trading.venues.accounts import CallersAccounts
from api.trading.venues.question_door import QuestionDoor
from api.v1.forecast_answers import Outlooks
from api.v1.indicators import IndicatorsResource
from api.v1.models import ModelCards, ModelMetricsResource, ModelsStatusResource
from api.v1.predictions import PredictionsResource
from api.v1.signals import SignalHistoryResource, SignalsResource
from api.v1.train_signals import TrainOutlook
from core.mail.mails import CLAIM_PAGE
from core.process.shared_counts import SharedCounts
from core.robots.accounts import USUAL_CALLS
from core.series import Market
from core.settings import AGENT, DATA, ML, TRADE, Settings
from core.signals import offered_horizons
from storage.access.access_keys import FEEDER, FORECAST, INGEST, SUBSCRIBER, TRADER
from storage.disk_room import DiskRoom
from storage.markets.snapshots import SnapshotReader
from storage.stores import Stores
from storage.trades.gap_ledger import GapLedger
from storage.trades.stream_stores import StreamStores
from storage.trading.wake import TraderWake
from tasks import task_table as tasks
from tasks.enqueue import Enqueue
from tasks.trades.enqueue_stream import EnqueueStream

_MODELS = CallLimit("models", 30)
_COMPUTES = ("POST",)
# What robots call every few seconds: an account's calls of all of them together are counted.
_ENGINE = CallLimit("engine", 100)
_ROBOTS = CallLimit("robots", USUAL_CALLS, of_account=True)
_SUBSCRIBERS = (SUBSCRIBER,)
_TRADERS = (TRADER,)
_ORDERS = CallLimit("orders", 60)
_CHAT, _CHATS_AT_ONCE = CallLimit("chat", 20), 2
_REPEATABLE = {"POST": CallLimit("orders", 60, free_repeats=True)}
_TERMINAL_READS = CallLimit("mt4 reads", 120)


def create_app(
    stores: Stores,
    stream: StreamStores,
    enqueue: Enqueue,
    enqueue_stream: EnqueueStream,
    settings: Settings,
    counts: SharedCounts | None = None,
) -> Application:
    """Return the ASGI application on stores that are open and migrated.

    `counts` are those that all api processes limit together; without them it is alone.
    """
    routes = Routes()
    metrics = RequestMetrics(routes)
    waiting = JobWaiting(stores.jobs, settings.redis_address)
    room = DiskRoom(settings.data_dir, settings.disk_reserve_mb)
    limits = QueueLimits(enqueue, room)
    work = BackgroundWork(enqueue, limits, waiting)
    rates = RequestRates(metrics)
    guards = _guards(stores, settings, routes, counts or SharedCounts())
    app = _empty_app(routes, metrics, guards, waiting, rates)
    next_candle = NextCandleRequests(stores, settings)
    validation = ValidationMetrics(next_candle, stores.registry)
    others = [QueueLengths(enqueue), StoreMetrics(stores)]
    _add_service(app, stores, PrometheusMetrics(metrics, others, validation))
    model = connect(
        settings.llm_provider,
        settings.llm_url,
        settings.llm_model,
        settings.llm_key,
        settings.llm_timeout_s,
    )
    health = ModelHealth(model, settings.llm_provider, settings.llm_model)
    app.add_middleware(health)
    checks = HealthChecks(stores, stream.traded, enqueue, room, health)
    _add_health(
        app, HealthResource(checks, rates, [settings.default_platform], settings.keyed_providers)
    )
    _add_tasks(app, stores, waiting)
    symbols = SymbolResolver(
        stores.known,
        settings.told_markets,
        settings.default_platform,
        Market(settings.default_platform, settings.default_symbol),
    )
    offered = OfferedSlots(stores.slots, settings.told_markets)
    if DATA in settings.served_groups:
        door = LiveIngest(enqueue_stream, stream.quarantine, stream.traded, stores.books, limits)
        _add_candles(app, stores, stream, work, settings)
        _add_live(app, stores, stream, door, symbols, offered, settings)
        _add_data(app, stores, work, symbols, settings)
        _add_feed(app, stores, enqueue)
    if ML in settings.served_groups:
        _add_lstm(app, stores, work, settings)
        short = ShortWork(enqueue, limits, waiting)
        _add_v1(app, stores, work, short, symbols, settings)
        _add_engine(app, stores, offered, short, symbols, settings)
        _add_robots(app, stores, offered, enqueue, symbols, settings)
        _add_record(app, stores, RecordWork(stores.kept_records, enqueue, limits), settings)
        _add_slots(app, stores, work, settings)
        _add_next_candle(app, stores, work, next_candle)
    if TRADE in settings.served_groups:
        _add_trading(app, stores, symbols, settings)
    if AGENT in settings.served_groups:
        short = ShortWork(enqueue, limits, waiting)
        tools = callers_tools(stores, symbols, offered, short, settings)
        options = Options(
            comment=settings.agent_comment == "on",
            propose=settings.agent_propose == "on",
            seconds=settings.llm_timeout_s,
        )
        said = AgentMetrics(metrics.registry)
        answering = Answering(tools, symbols, stores.conversations, model, options, said)
        _add_agent(app, stores, answering, counts or SharedCounts(), settings)
    _add_sales(app, stores, enqueue, settings)
    _add_admin(app, stores, offered, enqueue, settings)
    app.add_route("/asyncapi.json", AsyncApiDocument(), public=True)
    app.add_route("/openapi.json", OpenApiDocument(build_document(app)), public=True)
    return app


def _guards(
    stores: Stores, settings: Settings, routes: Routes, counts: SharedCounts
) -> list[object]:
    """Return what decides who may call, in the order in which it is asked."""
    calls = MinuteCalls(counts)
    return [
        CrossOrigin(settings.origins),
        TrustedHosts(settings),
        AdminAccess(settings.admin_secrets, stores.audit, calls, routes),
        Access(
            Callers(stores.holders),
            routes,
            settings.auth == "on",
            OpenStreams(settings.key_streams, counts),
            calls,
            settings.address_calls,
            settings.socket_hours,
        ),
        RateLimits(stores.redis, routes, calls),
    ]


def _empty_app(
    routes: Routes,
    metrics: RequestMetrics,
    guards: Sequence[object],
    waiting: JobWaiting,
    rates: RequestRates,
) -> Application:
    app = Application(
        routes,
        # Answers pass these in reverse: packed first, logged last but for their id.
        middleware=[
            RequestId(routes),
            RequestLog(metrics),
            HeadRequests(),
            EncodedSlashes(),
            *guards,
            waiting,
            rates,
            Compression(),
        ],
    )
    app.req_options.strip_url_path_trailing_slash = True
    add_error_handlers(app)
    return app


def _add_service(app: Application, stores: Stores, text: PrometheusMetrics) -> None:
    app.add_route("/", RootResource(), public=True, status_body=True)
    app.add_route("/app", Page(), public=True, tree=True)
    app.add_route("/app/static/{name:path}", PageFiles())
    app.add_route("/app/account", Page("account.html"), public=True)
    app.add_route("/app/chat", Page("chat.html"), public=True)
    app.add_route("/app/ops", Page("ops.html"), public=True)
    app.add_route("/app/performance", Page("performance.html"), public=True)
    app.add_route("/app/trading", Page("trading.html"), public=True)
    app.add_route("/docs", DocsPage(), public=True)
    app.add_route("/metrics", text, suffix="either", probe=True, status_body=True)
    app.add_route("/metrics/prometheus", text, probe=True)


def _add_health(app: Application, health: HealthResource) -> None:
    app.add_route("/health", health, public=True, health=True, probe=True)
    app.add_route("/health/detailed", health, suffix="detailed", public=True, health=True)
    app.add_route("/api/v1/health", health, suffix="v1", public=True, health=True)
    app.add_route("/api/v1/health/detailed", health, suffix="detailed_v1")


def _add_tasks(app: Application, stores: Stores, waiting: JobWaiting) -> None:
    app.add_route("/tasks", TaskList(stores.jobs))
    app.add_route("/tasks/{task_id}", TaskResource(stores.jobs))
    app.add_route("/tasks/{task_id}/events", TaskEvents(stores.jobs, waiting), stream=True)


def _add_candles(
    app: Application, stores: Stores, stream: StreamStores, work: BackgroundWork, settings: Settings
) -> None:
    app.add_route("/candles", SeriesListResource(stores, stream.traded))
    app.add_route("/ingest/kline/{platform}", IngestKline(work), purpose=INGEST)
    app.add_route(
        "/ingest/candles/{platform}",
        IngestCandles(ReadUpload(stores.candles, stores.facts), work),
        purpose=INGEST,
    )
    care = SeriesCare(stores, stream.traded)
    app.add_route(
        "/candles/{platform}/{symbol}/{resolution}",
        CandlesResource(stores.candles, stores.packed, care),
    )
    app.add_route("/candles/{platform}/{symbol}", MarketCandles(care))
    app.add_route("/candles/{platform}/{symbol}/rename", RenameSeries(care))
    app.add_route("/candles/undo/{move_id}", UndoMove(care))
    app.add_route("/markets", MarketList(stores))
    app.add_route("/markets/{platform}/{symbol}", MarketResource(stores.markets))
    app.add_route("/watch", WatchResource(stores, settings.default_platform))


def _add_live(
    app: Application,
    stores: Stores,
    stream: StreamStores,
    door: LiveIngest,
    symbols: SymbolResolver,
    offered: OfferedSlots,
    settings: Settings,
) -> None:
    traded, gaps = stream.traded, GapLedger(stores.engine)
    broadcast = Broadcast(settings.redis_address)
    snapshots = SnapshotReader(stores.redis, stores.freshness, stores.markets)
    first = FirstFrames(snapshots, stores.books, symbols)
    reader = StreamResource(broadcast, symbols, first, offered, settings.default_symbol)
    app.add_route("/ingest/{platform}", IngestLive(door), purpose=INGEST)
    app.add_route("/trades/{platform}/{symbol}", TradesResource(stream.reader, traded))
    app.add_route("/anomalies/{platform}/{symbol}", AnomaliesResource(stream.anomalies, traded))
    app.add_route("/gaps/{platform}/{symbol}", GapsResource(gaps, traded))
    app.add_route("/quality/{platform}/{symbol}", QualityResource(stream.quality))
    app.add_route("/quarantine/{platform}", QuarantineResource(stream.quarantine))
    app.add_route("/ws/stream", reader, computes=("WEBSOCKET",), roles=_SUBSCRIBERS)


def _add_lstm(app: Application, stores: Stores, work: BackgroundWork, settings: Settings) -> None:
    requests = LstmRequests(stores.named_runs, stores.candles, settings.default_platform)
    predict = PredictLstm(requests, work)
    app.add_route("/lstm/train", TrainLstm(requests, work))
    app.add_route("/lstm/predict", predict, computes=_COMPUTES)
    app.add_route("/lstm/predictnsteps", predict, suffix="steps", computes=_COMPUTES)
    app.add_route("/lstm/models", LstmModels(stores.named_runs))
    app.add_route("/lstm/models/{model_name}/{model_id}", LstmModel(stores.named_runs))


def _add_slots(app: Application, stores: Stores, work: BackgroundWork, settings: Settings) -> None:
    requests = SlotRequests(stores.candles, settings.default_platform, settings.default_resolution)
    slots = SlotsResource(stores.registry)
    app.add_route("/slots", slots)
    app.add_route("/slots/runs", slots, suffix="runs")
    app.add_route("/evaluate", EvaluateResource(requests, work))
    app.add_route("/slots/train", TrainSlotResource(requests, work))
    forecast = ForecastResource(requests, stores.registry, work)
    app.add_route("/forecast", forecast, computes=_COMPUTES)
    app.add_route("/replay/walk", ReplayResource(requests, work))
    app.add_route("/features/leaktest", LeakTestResource(requests, work))
    app.add_route("/ledger", LedgerResource(stores))
    app.add_route("/ledger/verify", VerifyLedger(stores), dear=True)
    outside = OutsideForecasts(stores, settings.default_platform)
    app.add_route("/ledger/forecasts", SubmitForecasts(outside), purpose=FORECAST)
    app.add_route("/scoreboard", ScoreboardResource(stores), dear=True)
    public = settings.public_record == "on"
    app.add_route("/forecasters/{name}", ForecasterResource(stores), public=public)


def _add_next_candle(
    app: Application, stores: Stores, work: BackgroundWork, requests: NextCandleRequests
) -> None:
    begun = NextCandleWork(requests, work)
    series = SeriesResource(stores, requests, work)
    app.add_route("/train", begun, suffix="train", status_body=True)
    app.add_route("/ingest", begun, suffix="ingest", status_body=True)
    app.add_route("/init/backfill", begun, suffix="backfill", status_body=True)
    app.add_route("/series", series, status_body=True)
    app.add_route("/series/cached", series, suffix="cached", status_body=True)
    app.add_route("/series/rebuild", begun, suffix="rebuild", status_body=True)
    app.add_route("/futures", FuturesResource(requests, stores.ledger_reader), status_body=True)
    app.add_route("/futures/update", begun, suffix="update", status_body=True)


def _add_data(
    app: Application,
    stores: Stores,
    work: BackgroundWork,
    symbols: SymbolResolver,
    settings: Settings,
) -> None:
    """Add the routes of candles and prices by the names that users say."""
    read: dict[str, Any] = {
        "roles": _SUBSCRIBERS,
        "limits": {"GET": _ROBOTS},
        "invalid": BAD_REQUEST,
    }
    app.add_route("/api/ohlcv", OhlcvResource(stores, symbols), **read)
    app.add_route("/api/snapshot/{symbol}", SnapshotResource(stores, symbols), **read)
    app.add_route("/api/symbols", SymbolsResource(stores, symbols), **read)
    sync = SyncResource(stores, work, symbols, settings.default_resolution)
    app.add_route("/api/sync/{symbol}", sync, invalid=BAD_REQUEST)


def _add_v1(
    app: Application,
    stores: Stores,
    work: BackgroundWork,
    short: ShortWork,
    symbols: SymbolResolver,
    settings: Settings,
) -> None:
    app.add_route(
        "/api/v1/indicators",
        IndicatorsResource(stores.candles, short, symbols, settings.default_resolution),
        limits={"GET": CallLimit("indicators", 120)},
    )
    ahead = offered_horizons(settings.signal_horizons)
    outlooks, cards = Outlooks(stores, short, symbols), ModelCards(stores)
    history = SignalHistoryResource(stores.signals, symbols, settings.default_platform)
    app.add_route(
        "/api/v1/predictions",
        PredictionsResource(outlooks),
        computes=_COMPUTES,
        limits={"POST": CallLimit("predictions", 100)},
    )
    app.add_route(
        "/api/v1/signals",
        SignalsResource(outlooks),
        computes=_COMPUTES,
        limits={"POST": CallLimit("signals", 100)},
    )
    app.add_route("/api/v1/signals/history", history, limits={"GET": CallLimit("history", 60)})
    app.add_route("/api/v1/models/train", TrainOutlook(outlooks, stores.candles, work, ahead))
    app.add_route("/api/v1/models/status", ModelsStatusResource(cards), limits={"GET": _MODELS})
    app.add_route(
        "/api/v1/models/{model_name}/metrics", ModelMetricsResource(cards), limits={"GET": _MODELS}
    )


def _add_engine(
    app: Application,
    stores: Stores,
    offered: OfferedSlots,
    short: ShortWork,
    symbols: SymbolResolver,
    settings: Settings,
) -> None:
    """Add the routes of signals, ranges and phases by the names that users say."""
    ahead = offered_horizons(settings.signal_horizons)
    answers = EngineAnswers(stores, short, symbols, offered, ahead)
    common: dict[str, Any] = {"roles": _SUBSCRIBERS, "invalid": BAD_REQUEST}
    read = common | {"limits": {"GET": _ENGINE}}
    compute = common | {"limits": {"POST": _ENGINE}, "computes": _COMPUTES}
    active, phases = ActiveSignals(answers), AmdResource(answers, stores.answers, short)
    app.add_route("/api/signals/active", active, **read)
    app.add_route("/api/ml/signals/active", active, suffix="proxy", **read)
    app.add_route("/generate/signal", GenerateSignal(answers), **compute)
    app.add_route("/predict/range", PredictRange(answers), **compute)
    app.add_route("/api/amd/{symbol}", phases, **compute)
    app.add_route("/api/ml/amd/{symbol}", phases, suffix="proxy", **compute)
    feed = SignalFeed(stores.signal_events, EventFrames(answers.name_of).text)
    socket = SignalSocket(feed, symbols, offered)
    app.add_route("/ws/signals", socket, roles=_SUBSCRIBERS, computes=("WEBSOCKET",))


def _add_robots(
    app: Application,
    stores: Stores,
    offered: OfferedSlots,
    enqueue: Enqueue,
    symbols: SymbolResolver,
    settings: Settings,
) -> None:
    """Add the routes that trading robots ask every few seconds."""
    read: dict[str, Any] = {"roles": _SUBSCRIBERS, "limits": {"GET": _ROBOTS}}
    counts = PredictionCounts(stores.signal_counts, offered)
    app.add_route("/api/scan", ScanResource(stores, offered), **read)
    app.add_route("/api/signals/{symbol}/{tf}", SlotHistory(stores.sealed, offered), **read)
    app.add_route("/api/history/predictions", counts, dear=True, **read)
    signals = AccountSignalList(stores.sealed, offered)
    app.add_route("/api/account/signals", signals, **read)
    positions = AccountExecutions(stores.executions, AccountCopies(stores, offered))
    app.add_route("/api/account/executions", positions, **read)
    app.add_route("/api/account/me", AccountMe(stores.heartbeats), **read)
    app.add_route("/api/account/terminals", TerminalList(stores.heartbeats), **read)
    told: dict[str, Any] = {"roles": _SUBSCRIBERS, "limits": {"POST": _ROBOTS}}
    reports = ExecutionsResource(stores, offered)
    app.add_route("/api/executions", reports, late_reports=True, **told)
    heartbeat = HeartbeatResource(stores, settings.ea_min_version)
    app.add_route("/api/ea/heartbeat", heartbeat, **told)
    checks = ServiceChecks(stores, settings.reference_symbol)
    health = ServiceHealthResource(checks)
    app.add_route("/api/health", health, public=True, health=True, probe=True)
    app.add_route("/api/public/stats", PublicStatsResource(stores), public=True)
    status = ServiceStatusResource(stores, checks, offered, enqueue)
    app.add_route("/api/status", status, **read)
    app.add_route("/api/ea-status", EaStatusResource(stores, offered), **read)
    app.add_route("/admin/monitoring-data", Monitoring(stores, checks), owner_reads=True)
    app.add_route("/api/models", ActiveModelsResource(stores.registry, offered), **read)


def _add_record(app: Application, stores: Stores, work: RecordWork, settings: Settings) -> None:
    """Add the routes that tell what signals came to."""
    offered, public = (
        OfferedSlots(stores.slots, settings.told_markets),
        settings.public_record == "on",
    )
    read: dict[str, Any] = {"roles": _SUBSCRIBERS, "limits": {"GET": _ROBOTS}, "public": public}
    app.add_route("/api/performance", PerformanceResource(work, offered), **read)
    app.add_route("/api/calibration", CalibrationResource(work, offered), **read)


def _add_trading(
    app: Application, stores: Stores, symbols: SymbolResolver, settings: Settings
) -> None:
    """Add the routes of orders and of what they came to."""
    wake = TraderWake(stores.redis)
    door = CommandDoor(stores.commands, wake)
    accounts = PaperAccounts(stores, symbols, settings)
    orders = OrderReader(symbols, stores.markets)
    told: dict[str, Any] = {"roles": _TRADERS, "limits": {"POST": _ORDERS}, "invalid": BAD_REQUEST}
    callers = CallersAccounts(stores, server_live=settings.trading_live == "on")
    venue = VenueTerminal(stores, QuestionDoor(stores.questions, stores.lease, wake))
    _add_terminal(app, stores, symbols, door, accounts, callers, venue)
    placing = told | {"limits": _REPEATABLE}
    trade = TradeResource(door, orders, stores.trading, stores.commands, callers)
    app.add_route("/api/mt4/trade", trade, **placing)
    free: dict[str, Any] = {"roles": _TRADERS, "invalid": BAD_REQUEST}
    app.add_route("/api/portfolio", PortfolioResource(accounts, callers), **free)
    app.add_route("/api/v1/auto-trade/orders", OrdersResource(stores, callers), **free)
    app.add_route("/api/v1/auto-trade/verify", VerifyResource(stores, callers), dear=True, **free)
    # Never counted: who wants to stop must not be told to wait.
    switch = SwitchResource(stores, wake)
    for suffix in ("halt", "reduce", "resume"):
        app.add_route(f"/api/v1/auto-trade/{suffix}", switch, suffix=suffix, **free)
    status = StatusResource(accounts, stores, settings)
    app.add_route("/api/v1/auto-trade/status", status, **free)
    app.add_route("/api/auto-trade/status", status, suffix="proxy", **free)
    config = ConfigResource(stores, symbols, server_live=settings.trading_live == "on")
    app.add_route("/api/v1/auto-trade/config", config, **told)
    decisions = DecisionsResource(stores, symbols, wake)
    app.add_route("/api/v1/auto-trade/decisions", decisions, **free)
    for suffix in ("confirm", "reject"):
        route = f"/api/v1/auto-trade/decisions/{{decision_id}}/{suffix}"
        app.add_route(route, decisions, suffix=suffix, **told)
    desk = Desk(door, orders, accounts, stores.trading, stores.commands)
    app.add_route("/api/portfolio/positions", OpenPositionResource(desk), **placing)
    app.add_route("/api/portfolio/history", HistoryResource(stores, callers), **free)


def _add_agent(
    app: Application,
    stores: Stores,
    answering: Answering,
    counts: SharedCounts,
    settings: Settings,
) -> None:
    """Add the routes of the agent, which tells its caller what the caller may read anyway."""
    own: dict[str, Any] = {"roles": _SUBSCRIBERS, "invalid": BAD_REQUEST}
    at_once = OpenStreams(_CHATS_AT_ONCE, counts, "chats", "chats")
    chat = ChatResource(answering, stores.conversations, at_once)
    asked = own | {"limits": {"POST": _CHAT}, "computes": _COMPUTES}
    app.add_route("/api/v1/chat", chat, **asked)
    app.add_route("/api/chat", chat, suffix="proxy", **asked)
    kept = ConversationsResource(stores.conversations, settings.conversation_retention_days)
    forgets: dict[str, Any] = own | {"computes": ("DELETE",)}
    app.add_route("/api/v1/conversations", kept, **forgets)
    one = "/api/v1/conversations/{conversation_id}"
    app.add_route(one, kept, suffix="one", **forgets)


def _add_terminal(
    app: Application,
    stores: Stores,
    symbols: SymbolResolver,
    door: CommandDoor,
    accounts: PaperAccounts,
    callers: CallersAccounts,
    venue: VenueTerminal,
) -> None:
    """Add the routes of an account by MetaTrader's words, in the two forms that sources know."""
    told: dict[str, Any] = {"roles": _TRADERS, "invalid": BAD_REQUEST}
    read, write = told | {"limits": {"GET": _TERMINAL_READS}}, told | {"limits": {"POST": _ORDERS}}
    sessions = Sessions(stores.connections, accounts, stores.trading, venue)
    closing = Closing(door, stores.trading, stores.commands, callers, venue)
    positions = PositionsResource(accounts, stores.trading, callers, venue)
    agent, data = "/api/v1/auto-trade/mt4", "/api/mt4"
    app.add_route(f"{agent}/connect", AgentConnectResource(sessions), **write)
    app.add_route(f"{data}/connect", ConnectResource(sessions), **write)
    # Never counted: who wants out of a position must not be told to wait.
    app.add_route(f"{agent}/positions/close", CloseResource(closing), **told)
    app.add_route(f"{data}/positions/{{position_id}}/close", CloseByPath(closing), **told)
    for form in (agent, data):
        app.add_route(f"{form}/status", TerminalStatus(sessions), **read)
        app.add_route(f"{form}/positions", positions, **read)
        app.add_route(f"{form}/disconnect", DisconnectResource(sessions), **write)
    tick = TickResource(SnapshotResource(stores, symbols), callers, venue)
    app.add_route(f"{data}/tick/{{symbol}}", tick, **read)
    candles = CandlesOfTerminal(OhlcvResource(stores, symbols), callers, venue)
    app.add_route(f"{data}/candles/{{symbol}}", candles, **read)


def _add_feed(app: Application, stores: Stores, enqueue: Enqueue) -> None:
    """Add the routes by which terminals feed candles of their brokers."""
    feed = FeedResource(stores.feeds, enqueue)
    app.add_route("/ingest/mt/{platform}", feed, roles=(FEEDER,), purpose=INGEST)
    app.add_route("/ingest/mt/{platform}/clock", FeedClock(stores.feeds))


def _add_sales(app: Application, stores: Stores, enqueue: Enqueue, settings: Settings) -> None:
    """Add the routes that payment providers, buyers and the operator call."""
    wake = partial(enqueue.run_now, tasks.APPLY_WEBHOOKS)
    webhooks = WebhookResource(settings.shops, stores.webhooks, wake)
    app.add_route("/webhooks/{provider}", webhooks, public=True)
    app.add_route(CLAIM_PAGE, Page("claim.html"), public=True)
    claim = ClaimResource(stores.claims, stores.accounts, settings.api_url)
    app.add_route("/account/claim", claim, public=True)
    asked = SeldomCalls(stores.redis, "resend", RateLimitItemPerHour(3))
    app.add_route("/account/claim/resend", ResendClaim(enqueue, asked), public=True)
    rotations = SeldomCalls(
        stores.redis, "rotate", RateLimitItemPerHour(3), RateLimitItemPerDay(10)
    )
    send = partial(enqueue.run_now, tasks.SEND_MAILS)
    regenerate = RegenerateKey(stores.keys, stores.outbox, rotations, send)
    app.add_route("/api/account/regenerate-key", regenerate, roles=_SUBSCRIBERS)


def _add_admin(
    app: Application,
    stores: Stores,
    offered: OfferedSlots,
    enqueue: Enqueue,
    settings: Settings,
) -> None:
    """Add the operator's routes, which `AdminAccess` guards."""
    url = settings.api_url
    app.add_route("/admin/keys", AdminKeys(stores, offered, url))
    app.add_route("/admin/keys/{key_id}", AdminKey(stores))
    app.add_route("/admin/accounts", AdminAccounts(stores))
    app.add_route("/admin/accounts/{account_id}", AdminAccount(stores, offered))
    app.add_route("/admin/accounts/{account_id}/claim-link", AdminClaimLink(stores, url))
    live = AdminLive(stores.connections, server_live=settings.trading_live == "on")
    app.add_route("/admin/accounts/{account_id}/live", live)
    wake = partial(enqueue.run_now, tasks.APPLY_WEBHOOKS)
    app.add_route("/admin/webhooks", AdminWebhooks(stores.webhooks))
    app.add_route("/admin/webhooks/{event_id}/retry", AdminWebhookRetry(stores.webhooks, wake))
    mails = AdminMails(stores.outbox, sends=settings.smtp_server is not None)
    app.add_route("/admin/mails", mails)
