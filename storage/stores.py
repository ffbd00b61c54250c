"""All stores in one bundle, opened from the settings."""

from dataclasses import dataclass
from pathlib import Path

import redis
from sqlalchemy import Engine

from core.settings import Settings
from storage.access.access_keys import AccessKeyStore
from storage.accounts.accounts import AccountStore
from storage.accounts.key_holders import KeyHolders
from storage.agent.conversations import ConversationStore
from storage.candles.candle_store import CandleStore
from storage.candles.care.moved_series import MovedSeries
from storage.candles.clocks import ClockStore
from storage.candles.folding.folded_candles import FoldedCandles
from storage.candles.forecasts import ForecastStore
from storage.candles.freshness import FreshnessStore
from storage.candles.packed.packed_candles import PackedCandles
from storage.candles.series_facts import SeriesFactsStore
from storage.candles.uploads import UploadStore
from storage.candles.watches import WatchStore
from storage.database import open_database
from storage.executions.execution_store import ExecutionStore
from storage.executions.heartbeats import Heartbeats
from storage.installation.marks import Marks
from storage.jobs.dead_letters import DeadLetters
from storage.jobs.job_events import JobEvents
from storage.jobs.job_store import JobStore
from storage.jobs.workers import WorkerStore
from storage.ledger.forecaster_records import ForecasterRecords
from storage.ledger.ledger_boards import BoardStore
from storage.ledger.ledger_heads import Heads
from storage.ledger.ledger_reads import LedgerReader
from storage.ledger.ledger_store import LedgerStore
from storage.ledger.sealed_signals import SealedSignals
from storage.ledger.signal_board import SignalBoard
from storage.ledger.signal_counts import SignalCounts
from storage.ledger.signal_slots import SignalSlotStore
from storage.ledger.submissions import Submissions
from storage.live.traded_markets import TradedMarkets
from storage.mail.claims import ClaimStore
from storage.mail.outbox import Outbox
from storage.markets.known_markets import KnownMarkets
from storage.markets.markets import MarketStore
from storage.markets.order_books import OrderBookStore
from storage.markets.spreads import SpreadStore
from storage.models.answer_cache import AnswerCache
from storage.models.artifacts import Artifacts
from storage.models.followed import FollowedStore
from storage.models.input_reports import InputReports
from storage.models.named_runs import NamedRuns
from storage.models.registry import Registry
from storage.models.series_cache import SeriesCache
from storage.models.signals import SignalStore
from storage.record.copies import CopyStore
from storage.record.kept_records import KeptRecords
from storage.record.record_reads import RecordReads
from storage.redis_breaker import RedisBreaker
from storage.redis_connection import connect, connect_for_requests
from storage.sales.admin_audit import AdminAudit
from storage.sales.purchases import Purchases
from storage.sales.webhooks import WebhookStore
from storage.signals.close_wakes import CloseWakes
from storage.signals.signal_events import SignalEvents
from storage.terminals.broker_clocks import BrokerClockStore
from storage.terminals.feed_store import FeedStore
from storage.terminals.market_facts import MarketFacts
from storage.terminals.quotes import QuoteStore
from storage.terminals.resting_markets import RestingMarkets
from storage.terminals.series_writer import SeriesWriter
from storage.terminals.symbol_names import SymbolNames
from storage.terminals.terminals import TerminalStore
from storage.terminals.wanted_spans import WantedSpans
from storage.trades.tickers import TickerStore
from storage.trading.accounts import AccountStore as TradingAccounts
from storage.trading.commands import CommandStore
from storage.trading.decisions import DecisionStore
from storage.trading.lease import LeaseStore
from storage.trading.stop_rules import StopRuleStore
from storage.trading.switches import SwitchStore
from storage.uptime.uptime import UptimeStore
from storage.venues.connections import ConnectionStore
from storage.venues.questions import QuestionStore
from storage.venues.token_vault import TokenVault

# A caller's statement takes no longer; what workers do may.
QUERY_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Stores:
    """Every store of one installation, sharing one Redis client and one SQL engine."""

    redis: "redis.Redis"
    engine: Engine
    candles: CandleStore
    packed: PackedCandles
    moved: MovedSeries
    folded: FoldedCandles
    facts: SeriesFactsStore
    freshness: FreshnessStore
    closes: CloseWakes
    forecasts: ForecastStore
    uploads: UploadStore
    jobs: JobStore
    watches: WatchStore
    keys: AccessKeyStore
    accounts: AccountStore
    holders: KeyHolders
    claims: ClaimStore
    outbox: Outbox
    audit: AdminAudit
    webhooks: WebhookStore
    purchases: Purchases
    clocks: ClockStore
    workers: WorkerStore
    job_events: JobEvents
    dead_letters: DeadLetters
    heads: Heads
    marks: Marks
    ledger: LedgerStore
    ledger_reader: LedgerReader
    submissions: Submissions
    sealed: SealedSignals
    slots: SignalSlotStore
    board: SignalBoard
    signal_counts: SignalCounts
    record_reads: RecordReads
    kept_records: KeptRecords
    signal_events: SignalEvents
    copies: CopyStore
    executions: ExecutionStore
    heartbeats: Heartbeats
    boards: BoardStore
    records: ForecasterRecords
    registry: Registry
    named_runs: NamedRuns
    series_cache: SeriesCache
    signals: SignalStore
    markets: MarketStore
    books: OrderBookStore
    known: KnownMarkets
    feeds: FeedStore
    resting: RestingMarkets
    answers: AnswerCache
    followed: FollowedStore
    inputs: InputReports
    uptime: UptimeStore
    trading: TradingAccounts
    commands: CommandStore
    decisions: DecisionStore
    stop_rules: StopRuleStore
    switches: SwitchStore
    lease: LeaseStore
    connections: ConnectionStore
    conversations: ConversationStore
    questions: QuestionStore
    data_dir: Path

    def close(self) -> None:
        """Close the connections."""
        self.redis.close()
        self.engine.dispose()


def open_stores(settings: Settings, breaker: RedisBreaker | None = None) -> Stores:
    """Open all stores; connects to nothing yet, and expects a migrated database.

    With a `breaker` for those whose callers wait: Redis is not waited for long.
    """
    address = settings.redis_address
    client = connect_for_requests(address, breaker) if breaker else connect(address)
    engine = open_database(settings.database_address, QUERY_SECONDS if breaker else None)
    files = Artifacts(settings.data_dir)
    heads = Heads(settings.heads_file)
    sealed = SealedSignals(engine, heads)
    candles = CandleStore(client, settings.candle_retention_days)
    facts = SeriesFactsStore(client)
    freshness = FreshnessStore(client, candles, facts)
    tickers, spreads = TickerStore(client), SpreadStore(client)
    markets = MarketStore(engine, tickers, spreads)
    watches, slots = WatchStore(engine), SignalSlotStore(engine)
    wanted = WantedSpans(client, candles, settings.feed_history_bars)
    resting = RestingMarkets(client, candles, freshness)
    trading, decisions = TradingAccounts(engine, heads), DecisionStore(engine, heads)
    return Stores(
        redis=client,
        engine=engine,
        candles=candles,
        packed=PackedCandles(client),
        moved=MovedSeries(client),
        folded=FoldedCandles(candles, facts, freshness.hours),
        facts=facts,
        freshness=freshness,
        closes=CloseWakes(client),
        forecasts=ForecastStore(client, settings.candle_retention_days),
        uploads=UploadStore(client),
        jobs=JobStore(engine),
        watches=watches,
        keys=AccessKeyStore(engine),
        accounts=AccountStore(engine),
        holders=KeyHolders(engine),
        claims=ClaimStore(engine),
        outbox=Outbox(engine),
        audit=AdminAudit(engine),
        webhooks=WebhookStore(engine),
        purchases=Purchases(engine),
        clocks=ClockStore(client),
        workers=WorkerStore(client),
        job_events=JobEvents(client),
        dead_letters=DeadLetters(client),
        heads=heads,
        marks=Marks(client, engine, settings.data_dir, heads.path),
        ledger=LedgerStore(engine, heads),
        ledger_reader=LedgerReader(engine),
        submissions=Submissions(engine, heads),
        sealed=sealed,
        slots=slots,
        board=SignalBoard(client, sealed, facts),
        signal_counts=SignalCounts(engine),
        record_reads=RecordReads(engine),
        kept_records=KeptRecords(client),
        signal_events=SignalEvents(engine),
        copies=CopyStore(engine),
        executions=ExecutionStore(engine, heads),
        heartbeats=Heartbeats(client, engine),
        boards=BoardStore(engine),
        records=ForecasterRecords(engine),
        registry=Registry(engine, files),
        named_runs=NamedRuns(engine, files),
        series_cache=SeriesCache(client),
        signals=SignalStore(engine),
        markets=markets,
        books=OrderBookStore(client),
        known=KnownMarkets(candles, TradedMarkets(client), watches, markets, slots),
        feeds=FeedStore(
            BrokerClockStore(engine),
            SymbolNames(engine, settings.symbol_maps),
            SeriesWriter(client, candles, facts, freshness, wanted),
            wanted,
            TerminalStore(client),
            QuoteStore(tickers, spreads),
            MarketFacts(markets, spreads),
            resting,
        ),
        resting=resting,
        answers=AnswerCache(client),
        followed=FollowedStore(client),
        inputs=InputReports(client),
        uptime=UptimeStore(engine),
        trading=trading,
        commands=CommandStore(engine),
        decisions=decisions,
        stop_rules=StopRuleStore(engine, heads, trading, decisions),
        switches=SwitchStore(engine),
        lease=LeaseStore(engine),
        connections=ConnectionStore(engine, TokenVault(settings.vault_key_file)),
        conversations=ConversationStore(engine),
        questions=QuestionStore(engine),
        data_dir=settings.data_dir,
    )
