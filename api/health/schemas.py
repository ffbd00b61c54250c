"""Shapes of the answers about the server itself; what only holders of a key see may be absent."""

from typing import Literal

from msgspec import UNSET, Struct, UnsetType

PartState = Literal["ready", "down"]
Up = Literal["up", "down"]
Verdict = Literal["healthy", "degraded", "unhealthy"]


class ClockOffset(Struct):
    """How far an exchange's clock is ahead of ours."""

    offset_ms: float
    measured_at: str
    ok: bool


class Clock(Struct, omit_defaults=True):
    """Whether our clock agrees with the exchanges'; the offsets are for holders of a key."""

    status: Literal["ok", "off", "unknown"]
    offsets: dict[str, ClockOffset] | None = None


class Provider(Struct):
    """A source of prices: when the newest one came, and what is wrong with it, if anything is.

    `unused` is one that the settings have a key for, of which nothing was asked yet.
    """

    name: str
    status: Literal["up", "down", "unused"]
    last_success: str | None
    detail: str | None
    last_price_update: str | None


class DeadLettersShown(Struct):
    """What is put aside: messages nobody can read, batches that could not be stored."""

    messages: int
    batches: int


class Health(Struct, omit_defaults=True):
    """How all parts are; the fields from `version` on are for holders of a key.

    `healthy`: all is well. `degraded`: some part is down, a watched exchange does not
    deliver, or the clock is off; `reasons` says which. `unhealthy`: neither Redis nor
    the database answers. `llm_provider` and `model` are those of the agent, `builtin`
    without a model; `gpu_available` says that a model server holds one in a GPU's memory.
    """

    status: Verdict
    timestamp: str
    parts: dict[str, PartState]
    clock: Clock
    version: str | UnsetType = UNSET
    uptime: int | UnsetType = UNSET
    workers: dict[str, dict[str, str]] | UnsetType = UNSET
    reasons: dict[str, str] | UnsetType = UNSET
    providers: list[Provider] | UnsetType = UNSET
    models_loaded: bool | UnsetType = UNSET
    llm_provider: str | UnsetType = UNSET
    model: str | UnsetType = UNSET
    gpu_available: bool | UnsetType = UNSET
    dead_letters: DeadLettersShown | UnsetType = UNSET


class ApiComponent(Struct, omit_defaults=True):
    """The api; how long this answer took to gather."""

    status: Up
    response_time_ms: float | UnsetType = UNSET


class ModelsComponent(Struct, omit_defaults=True):
    """Trained models and champions; of these, how many a worker holds in memory."""

    status: Up
    loaded_count: int | UnsetType = UNSET
    total_count: int | UnsetType = UNSET


class RedisComponent(Struct, omit_defaults=True):
    """Redis; how long it took to answer PING."""

    status: Up
    latency_ms: float | UnsetType = UNSET


class ConnectionPool(Struct):
    """Connections of the answering process to the database."""

    active: int
    idle: int
    max: int


class DatabaseComponent(Struct, omit_defaults=True):
    """The SQL database; how long a transaction took."""

    status: Up
    latency_ms: float | UnsetType = UNSET
    connection_pool: ConnectionPool | UnsetType = UNSET


class BrokerComponent(Struct, omit_defaults=True):
    """Celery's broker, and how many messages wait in each queue."""

    status: Up
    queues: dict[str, int] | UnsetType = UNSET


class WorkerComponent(Struct, omit_defaults=True):
    """A kind of worker process; `reason` says why it is down."""

    status: Up
    processes: int | UnsetType = UNSET
    memory_mb: int | UnsetType = UNSET
    reason: str | UnsetType | None = UNSET


class ExchangeComponent(Struct, omit_defaults=True):
    """A source of prices: up while what is watched of it comes, or live prices do."""

    status: Up
    last_price_update: str | UnsetType | None = UNSET
    watched: bool | UnsetType = UNSET


class Components(Struct):
    """All parts. `binance` is one of `exchanges`, down where nothing of it is used."""

    api: ApiComponent
    models: ModelsComponent
    redis: RedisComponent
    binance: ExchangeComponent
    database: DatabaseComponent
    broker: BrokerComponent
    workers: dict[str, WorkerComponent]
    exchanges: dict[str, ExchangeComponent]


class RecentRequests(Struct):
    """All api processes together over the last minute, health checks' errors left out."""

    uptime_seconds: float
    requests_per_minute: float
    avg_latency_ms: float
    error_rate_percent: float


class HealthDetails(Struct, omit_defaults=True):
    """How every part is; without a key, statuses only."""

    status: Verdict
    timestamp: str
    components: Components
    reasons: dict[str, str] | UnsetType = UNSET
    metrics: RecentRequests | UnsetType = UNSET


class Status(Struct):
    """A status alone."""

    status: str
