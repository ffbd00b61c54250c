"""A whole server on real sockets, and a worker for what it accepts."""

import asyncio
import contextlib
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
import uvicorn

from api.app import create_app
from bench.running_tickcast import free_port
from core.series import Market
from core.settings import Settings
from storage.stores import Stores
from storage.trades.stream_stores import StreamStores, open_stream_stores
from tasks.celery_app import make_celery
from tasks.enqueue import Enqueue
from tasks.trades.enqueue_stream import EnqueueStream
from tasks.trades.process_trades import process_batch
from tests.trade_oracle import RawTrade, oracle_candles

FIELDS = ("open", "high", "low", "close", "volume", "trades")


class LiveServer:
    """An api on a port of its own; what it accepts is processed as a worker would."""

    def __init__(self, stores: Stores, stream: StreamStores, settings: Settings) -> None:
        self.stores, self.stream, self._settings = stores, stream, settings
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.key = stores.keys.create("owner", "test")[0]
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None
        self._working = threading.Event()

    def start(self) -> None:
        """Listen, and return once connections are taken."""
        celery = make_celery(self._settings.broker_address)
        enqueue = Enqueue(self.stores.jobs, self.stores.uploads, celery)
        sender = EnqueueStream(celery, self.stream.intake)
        app = create_app(self.stores, self.stream, enqueue, sender, self._settings)
        config = uvicorn.Config(
            app,
            port=self.port,
            log_level="critical",
            ws_max_size=2**16,
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        while not self._server.started:
            time.sleep(0.01)

    def stop(self) -> None:
        """Close every connection."""
        if self._server and self._thread:
            self._server.should_exit = self._server.force_exit = True
            self._thread.join()

    @contextlib.contextmanager
    def worker(self) -> Iterator[None]:
        """Process batches beside the block, and all that is left at its end."""
        self._working.set()
        thread = threading.Thread(target=self._work)
        thread.start()
        try:
            yield
        finally:
            self._working.clear()
            thread.join()

    def _work(self) -> None:
        while self._working.is_set() or self.stream.intake.waiting():
            for batch_id in self.stream.intake.waiting():
                process_batch(self.stream, batch_id)
            self.stores.redis.delete("stream")  # the broker's messages, which nobody reads here
            time.sleep(0.02)

    def trades(self, market: Market) -> list[RawTrade]:
        """Return what the journal holds, times in microseconds."""
        rows = self.stream.reader.page(*market, 0, 2**62, 1_000_000).rows
        return [
            RawTrade(row.trade_id or 0, row.time, repr(row.price), repr(row.size)) for row in rows
        ]

    def assert_holds(self, market: Market, expected: list[RawTrade]) -> None:
        """Check that the journal and the candles are those of the trades, each counted once."""
        held = self.trades(market)
        assert [row.trade_id for row in held] == [row.trade_id for row in expected]
        for resolution in (60, 86_400):
            read = self.stores.redis.execute_command
            columns = [
                read("TS.RANGE", f"ts:{market}:{resolution}:{name}", "-", "+") for name in FIELDS
            ]
            candles = {
                rows[0][0] // 1_000: tuple(float(value) for _, value in rows)
                for rows in zip(*columns, strict=True)
            }
            assert candles == oracle_candles(expected, resolution)


@pytest.fixture
def live(stores: Stores, redis_settings: Settings, tmp_path: Path) -> Iterator[LiveServer]:
    """A server that listens, with a worker."""
    own = {"data_dir": tmp_path, "redis_url": redis_settings.redis_address}
    settings = redis_settings.model_copy(update=own)
    server = LiveServer(stores, open_stream_stores(settings, stores.redis), settings)
    server.start()
    yield server
    server.stop()


async def until(condition: Callable[[], object], patience_s: float = 30.0) -> None:
    """Return when the condition holds."""
    async with asyncio.timeout(patience_s):
        while not condition():
            await asyncio.sleep(0.02)


def wait_until(condition: Callable[[], object], patience_s: float = 30.0) -> None:
    """Return when the condition holds; fail the test otherwise."""
    deadline = time.monotonic() + patience_s
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


class Relay:
    """Passes connections on to another address, until they are cut."""

    def __init__(self, target: str) -> None:
        self._host, self._port = target.removeprefix("http://").split(":")
        self._writers: set[asyncio.StreamWriter] = set()
        self._open = 0
        self.cuts = 0

    def cut(self) -> None:
        """Break every connection, without a close."""
        self.cuts += bool(self._writers)
        for writer in self._writers:
            writer.transport.abort()

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator[str]:
        """Yield the address to connect to."""
        server = await asyncio.start_server(self._pass_on, "127.0.0.1", 0)
        try:
            yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        finally:
            server.close()
            self.cut()
            await until(lambda: not self._open)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open += 1
        try:
            await self._connect(reader, writer)
        finally:
            self._open -= 1

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        other_reader, other_writer = await asyncio.open_connection(self._host, self._port)
        both = {writer, other_writer}
        self._writers |= both
        await asyncio.gather(_copy(reader, other_writer), _copy(other_reader, writer))
        self._writers -= both


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(2**16):
            writer.write(data)
            await writer.drain()
    writer.transport.abort()
