"""All stores of live data in one bundle, on the Redis client of the others."""

from dataclasses import dataclass

import redis

from core.settings import Settings
from storage import keys
from storage.journal.archive import JournalArchive
from storage.journal.journal import Journal
from storage.journal.query import TradeReader
from storage.live.inbox import Intake
from storage.live.quality import QualityLog
from storage.live.quarantine import Quarantine
from storage.live.traded_markets import TradedMarkets
from storage.trades.anomalies import AnomalyStore
from storage.trades.exclusion import Exclusions
from storage.trades.maintenance import TradeUpkeep
from storage.trades.tickers import TickerStore
from storage.trades.writer import TradeWriter


@dataclass(frozen=True, slots=True)
class StreamStores:
    """Every store of live trades and quotes."""

    intake: Intake
    history: Intake
    writer: TradeWriter
    journal: Journal
    archive: JournalArchive
    reader: TradeReader
    upkeep: TradeUpkeep
    tickers: TickerStore
    anomalies: AnomalyStore
    exclusions: Exclusions
    quarantine: Quarantine
    quality: QualityLog
    traded: TradedMarkets


def open_stream_stores(settings: Settings, client: "redis.Redis") -> StreamStores:
    """Open the stores of live data; connects to nothing yet."""
    archive = JournalArchive(client, settings.journal_dir)
    days = settings.tick_retention_days
    return StreamStores(
        intake=Intake(client),
        history=Intake(client, keys.HISTORY_INDEX),
        writer=TradeWriter(client, archive, tick_days=days),
        journal=Journal(client),
        archive=archive,
        reader=TradeReader(client, archive),
        upkeep=TradeUpkeep(client, archive, days),
        tickers=TickerStore(client, days),
        anomalies=AnomalyStore(client, days),
        exclusions=Exclusions(client, archive),
        quarantine=Quarantine(client),
        quality=QualityLog(client),
        traded=TradedMarkets(client),
    )
