"""Every setting, with its default and what it means; read at entry points only."""

import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

import msgspec
from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from core.brokers.symbols import check_maps
from core.clock.resolutions import parse_resolution
from core.errors import TickcastError
from core.forecast_target import ForecastTarget
from core.mail.mails import SmtpServer, check_public_url, is_address, is_loopback, parse_smtp
from core.names import check_name
from core.payments.eduzz import EDUZZ
from core.payments.products import Product
from core.payments.shops import Shop
from core.payments.stripe import STRIPE
from core.platforms import ProviderAccess
from core.series import Market
from core.signals import SignalWords, offered_targets
from core.symbols.market_names import parse_symbol_map
from core.trading.accounts import Limits

# A unix socket's path has at most 107 bytes on Linux.
SOCKET_PATH_LIMIT = 100
# What nobody guesses, if chosen at random; so many may be live while one replaces another.
ADMIN_SECRET_LENGTH, LIVE_SECRETS = 32, 2
_ORIGIN = re.compile(r"https?://(?:[a-z0-9.-]+|\[[0-9a-f:]+\])(?::[0-9]{1,5})?")
# Groups of routes that an api process may be restricted to.
DATA, ML, AGENT, TRADE = "data", "ml", "agent", "trade"
GROUPS = frozenset({DATA, ML, AGENT, TRADE})
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - where Linux keeps it


class WrongSetting(TickcastError):
    """A variable cannot be used; the sentence names it."""

    type = "wrong_setting"


_METAAPI_URLS = {
    "client": "https://mt-client-api-v1.{region}.agiliumtrade.ai",
    "market_data": "https://mt-market-data-client-api-v1.{region}.agiliumtrade.ai",
    "provisioning": "https://mt-provisioning-api-v1.agiliumtrade.agiliumtrade.ai",
}


class Settings(BaseSettings):
    """Variables `TICKCAST_*`, from the environment or a file `.env`."""

    model_config = SettingsConfigDict(env_prefix="TICKCAST_", env_file=".env", extra="ignore")

    host: str = Field("127.0.0.1", description="Address that the api listens on.")
    port: int = Field(8000, ge=1, le=65_535, description="Port that the api listens on.")
    trusted_hosts: str = Field(
        "", description="Names this server goes by, besides loopback and HOST: a, b; * is any."
    )
    cors_origins: str = Field(
        "", description="Origins of pages elsewhere that may call: https://a.example, https://b."
    )
    groups: str = Field(
        "", description="Groups of routes that the api serves: data, ml, agent, trade; empty: all."
    )
    api_workers: int = Field(2, ge=1, le=64, description="Processes that answer HTTP.")
    address_sockets: int = Field(
        1_024, ge=1, description="Connections that one address may hold open."
    )
    process_sockets: int = Field(
        4_096, ge=1, description="Connections that all addresses may hold open on an api process."
    )
    address_calls: int = Field(
        1_200, ge=1, description="Calls a minute without a valid key, of one address."
    )
    key_streams: int = Field(
        128, ge=1, description="Sockets and event streams that one key may hold open."
    )
    socket_hours: float = Field(
        24, gt=0, description="A socket is closed after so many hours; its client connects anew."
    )
    data_dir: Path = Field(Path("var"), description="Folder of Redis, SQLite, models and keys.")
    redis_url: str = Field(
        "", description="Redis with TimeSeries to use; empty starts the embedded one."
    )
    redis_server: str = Field(
        "", description="redis-server to run; empty takes Redis 8 if found, else the embedded one."
    )
    disk_reserve_mb: int = Field(
        256, ge=1, description="Writes are refused while less of the disk than this (MB) is free."
    )
    redis_unsafe: bool = Field(
        False, description="Start on a Redis that may evict or keeps no append-only file."
    )
    redis_fsync: Literal["always", "everysec"] = Field(
        "always", description="When the embedded Redis syncs; everysec can lose a second."
    )
    redis_max_memory: str = Field(
        "0", description="Memory limit of the embedded Redis, e.g. 4gb; 0 is none."
    )
    database_url: str = Field(
        "", description="SQLAlchemy address of the records; empty is SQLite in DATA_DIR."
    )
    default_platform: str = Field("coinbase", description="Platform where a request names none.")
    default_symbol: str = Field("BTC-USD", description="Symbol where a request names none.")
    default_resolution: str = Field("5m", description="Resolution where a request names none.")
    backfill_days: int = Field(90, ge=1, le=3_650, description="Days of a first backfill.")
    backfill_sleep_ms: int = Field(
        0, ge=0, le=60_000, description="Pause between calls of a backfill, on top of the limit."
    )
    exchange_urls: dict[str, str] = Field(
        default_factory=dict,
        description='Other base addresses, JSON: {"coinbase": "http://127.0.0.1:9300"}.',
    )
    massive_url: str = Field("https://api.massive.com", description="Address of Massive's API.")
    massive_key: str = Field("", description="Key of Massive (Polygon); empty asks it nothing.")
    metaapi_urls: dict[str, str] = Field(
        default_factory=lambda: dict(_METAAPI_URLS),
        description="Addresses of MetaApi's services, JSON; {region} is the account's.",
    )
    metaapi_region: str = Field("new-york", description="Region of the account at MetaApi.")
    metaapi_token: str = Field("", description="Token of MetaApi; empty asks it nothing.")
    metaapi_account: str = Field("", description="Id of the account that MetaApi reads candles of.")
    exchange_timeout_s: float = Field(15, gt=0, le=120, description="Patience with an exchange.")
    candle_retention_days: int = Field(
        0, ge=0, description="Candles older than this are dropped; 0 keeps all."
    )
    job_retention_days: int = Field(
        90, ge=0, description="Tasks that ended longer ago are forgotten; 0 keeps all."
    )
    conversation_retention_days: int = Field(
        30, ge=1, description="Conversations without a turn for so long are forgotten."
    )
    tick_retention_days: int = Field(
        30, ge=0, description="Per-millisecond trades and tickers older than this are dropped."
    )
    journal_retention_hours: int = Field(
        72, ge=1, description="Raw trades older than this move from Redis to compressed files."
    )
    archive_retention_days: int = Field(
        0, ge=0, description="Files of raw trades older than this are deleted; 0 keeps all."
    )
    boosting_library: Literal["xgboost", "lightgbm"] = Field(
        "xgboost", description="Library that POST /train boosts with."
    )
    training_hours: float = Field(
        6, gt=0, description="Trainings and evaluations that take longer are ended."
    )
    exclude_anomalies: bool = Field(
        False, description="Keep bad prints (prices 10% off and more) out of candles."
    )
    signal_moderate: float = Field(
        0.55, ge=0.5, le=1, description="A signal's side is moderate from this chance of the two."
    )
    signal_strong: float = Field(
        0.6, ge=0.5, le=1, description="A signal's side is strong from this chance of the two."
    )
    signal_medium_quality: float = Field(
        0.25, ge=0, description="Quality is medium from this expected return, in costs."
    )
    signal_high_quality: float = Field(
        1.0, ge=0, description="Quality is high from this expected return, in costs."
    )
    signal_platform: str = Field(
        "", description="Platform of the signals that are offered; empty is the default one."
    )
    signal_markets: dict[str, list[str]] = Field(
        default_factory=dict,
        description='Signals offered, JSON: {"EURUSD": ["M15", "H1"]}; others are retired.',
    )
    signal_horizons: dict[str, int] = Field(
        default_factory=dict,
        description='Candles that offered signals look ahead, JSON: {"M15": 16}.',
    )
    symbols: dict[str, str] = Field(
        default_factory=dict,
        description='Markets by the names that users say, JSON: {"XAUUSD": "file:XAUUSD"}.',
    )
    symbol_maps: dict[str, dict[str, str]] = Field(
        default_factory=dict,
        description='Names of a broker, JSON: {"PLATFORM": {"US500.cash": "US500"}}.',
    )
    feed_history_bars: int = Field(
        25_000, ge=0, description="M5 and H1 candles that terminals of brokers are asked for."
    )
    ea_min_version: str = Field(
        "", description="Robots of an older version than this are warned at their heartbeat."
    )
    health_symbol: str = Field(
        "", description="Watched symbol that never closes, told by /api/health; empty: the default."
    )
    auth: Literal["on", "off"] = Field("on", description="off needs no key, on loopback only.")
    public_record: Literal["on", "off"] = Field(
        "off",
        description="on shows records without a key: forecasters' (/forecasters/NAME), signals'.",
    )
    owner_key: str = Field("", description="Fixes the owner's key instead of making one.")
    admin_secret: str = Field(
        "", description="Secret of the admin routes, 32 characters or more; empty closes them."
    )
    admin_secret_old: str = Field(
        "", description="The admin secret before this one, which opens them still."
    )
    public_url: str = Field(
        "", description="Address that subscribers reach this server at: https://HOST."
    )
    eduzz_secrets: str = Field(
        "", description="Secrets of Eduzz's webhook, one or two: a, b; empty closes it."
    )
    eduzz_products: dict[str, Product] = Field(
        default_factory=dict,
        description='Plans by product, JSON: {"123": {"plan": "pro", "days": 31}}.',
    )
    eduzz_producer: str = Field(
        "", description="Id of the producer whose sales count; empty is any."
    )
    stripe_secrets: str = Field(
        "", description="Secrets of Stripe's webhook, one or two: a, b; empty closes it."
    )
    stripe_products: dict[str, Product] = Field(
        default_factory=dict,
        description='Plans by product or price, JSON: {"prod_1": {"plan": "basic"}}.',
    )
    smtp_url: str = Field(
        "", description="Server that takes mails: smtps://user:password@host:465, smtp://host:587."
    )
    mail_from: str = Field("", description="Address that mails come from.")
    admin_mail: str = Field(
        "", description="Address of the operator, who is told of sales that need a look."
    )
    trading_live: Literal["on", "off"] = Field(
        "off", description="on lets accounts trade with real money, once all other gates are open."
    )
    paper_currency: str = Field("USD", description="Currency of paper accounts.")
    paper_balance: Decimal = Field(
        Decimal(10_000), gt=0, le=10**9, description="Money that a paper account begins with."
    )
    paper_leverage: int = Field(100, ge=1, le=1_000, description="Leverage of paper accounts.")
    order_latency_ms: int = Field(
        250, ge=0, le=60_000, description="Paper orders are filled by prices from so long after."
    )
    risk_allowed: str = Field(
        "", description="Symbols that may be traded: XAUUSD, coinbase:BTC-USD; empty: all."
    )
    risk_notional: float = Field(
        0.10, gt=0, description="An order may be worth this share of equity."
    )
    risk_gross: float = Field(1.0, gt=0, description="All positions together, likewise.")
    risk_symbol: float = Field(0.5, gt=0, description="Positions of one market, likewise.")
    risk_per_trade: float = Field(
        0.02, gt=0, le=0.05, description="Share of equity that an order may lose at its stop."
    )
    risk_daily_loss: float = Field(
        0.05, gt=0, le=1, description="After losing this share in a day, orders only shrink."
    )
    risk_drawdown: float = Field(
        0.20, gt=0, le=1, description="After falling this share from its peak, an account halts."
    )
    risk_daily_trades: int = Field(5, ge=1, description="Orders a day that open positions.")
    risk_minute_orders: int = Field(10, ge=1, description="Likewise a minute.")
    risk_positions: int = Field(5, ge=1, description="Markets with positions at one time.")
    risk_price_band: float = Field(
        0.05, gt=0, le=1, description="How far a pending order may be from the last good price."
    )
    risk_cooldown_s: int = Field(
        0, ge=0, description="A market is left alone so long after a stop loss; 0: not at all."
    )
    risk_losses: int = Field(
        0, ge=0, description="A market is left alone after so many losses in a row; 0: never."
    )
    llm_provider: Literal["builtin", "ollama", "openai"] = Field(
        "builtin", description="Who chooses what the agent says; builtin needs no model."
    )
    llm_url: str = Field(
        "", description="Address of the model's server: http://127.0.0.1:11434, https://HOST/v1."
    )
    llm_model: str = Field("", description="Name of the model at that server.")
    llm_key: str = Field("", description="Key of that server; empty sends none.")
    llm_timeout_s: float = Field(
        30, gt=0, le=120, description="An answer of the agent takes no longer, all calls together."
    )
    agent_comment: Literal["on", "off"] = Field(
        "off", description="on shows what a model adds in its own words, without any number."
    )
    agent_propose: Literal["on", "off"] = Field(
        "off", description="on lets the agent propose trades, each for a person to confirm."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Least severe log line written."
    )

    @field_validator("default_platform", "default_symbol")
    @classmethod
    def _is_name(cls, value: str) -> str:
        with _refusals():
            return check_name(value, "it")

    @field_validator("mail_from", "admin_mail")
    @classmethod
    def _is_mail_address(cls, value: str) -> str:
        if value and not is_address(value):
            raise ValueError("must be one address such as signals@example.com")
        return value

    @field_validator("public_url")
    @classmethod
    def _is_public_url(cls, value: str) -> str:
        return check_public_url(value) if value else ""

    @field_validator("cors_origins")
    @classmethod
    def _are_origins(cls, value: str) -> str:
        for origin in _listed(value):
            if not _ORIGIN.fullmatch(origin):
                raise ValueError(f"{origin[:64]} is no origin such as https://app.example.com")
        return value

    @field_validator("groups")
    @classmethod
    def _are_groups(cls, value: str) -> str:
        if unknown := set(_listed(value)) - GROUPS:
            raise ValueError(f"{min(unknown)[:64]} is none of {', '.join(sorted(GROUPS))}")
        return value

    @field_validator("smtp_url")
    @classmethod
    def _is_smtp_url(cls, value: str) -> str:
        if value:
            parse_smtp(value)
        return value

    @field_validator("admin_secret", "admin_secret_old")
    @classmethod
    def _is_long(cls, value: str) -> str:
        if value and len(value) < ADMIN_SECRET_LENGTH:
            raise ValueError(f"must have at least {ADMIN_SECRET_LENGTH} characters, or be empty")
        return value

    @field_validator("eduzz_secrets", "stripe_secrets")
    @classmethod
    def _are_two_at_most(cls, value: str) -> str:
        if len(_listed(value)) > LIVE_SECRETS:
            raise ValueError(f"at most {LIVE_SECRETS} secrets are live at a time: a, b")
        return value

    @field_validator("default_resolution")
    @classmethod
    def _is_resolution(cls, value: str) -> str:
        with _refusals():
            parse_resolution(value)
        return value

    @field_validator("data_dir")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().absolute()

    @model_validator(mode="after")
    def _signals_can_be_offered(self) -> Self:
        with _refusals("TICKCAST_SIGNAL_MARKETS: "):
            _ = self.offered_signals
        return self

    @field_validator("symbol_maps")
    @classmethod
    def _are_symbols(cls, value: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
        with _refusals():
            check_maps(value)
        return value

    @field_validator("symbols")
    @classmethod
    def _are_markets(cls, value: dict[str, str]) -> dict[str, str]:
        with _refusals():
            parse_symbol_map(value)
        return value

    @model_validator(mode="after")
    def _mails_can_be_sent(self) -> Self:
        if self.smtp_url and not (self.mail_from and self.public_url):
            raise ValueError("TICKCAST_SMTP_URL needs TICKCAST_MAIL_FROM and TICKCAST_PUBLIC_URL")
        if self.admin_secret_old and not self.admin_secret:
            raise ValueError("TICKCAST_ADMIN_SECRET_OLD needs a TICKCAST_ADMIN_SECRET")
        return self

    @model_validator(mode="after")
    def _agent_finds_its_model(self) -> Self:
        if self.llm_provider == "builtin":
            return self
        if not (self.llm_url and self.llm_model):
            raise ValueError("TICKCAST_LLM_PROVIDER needs TICKCAST_LLM_URL and TICKCAST_LLM_MODEL")
        address = urlsplit(self.llm_url)
        if address.scheme not in ("http", "https") or not address.hostname:
            raise ValueError("TICKCAST_LLM_URL must be an address such as http://127.0.0.1:11434")
        if self.llm_key and address.scheme == "http" and not is_loopback(address.hostname):
            raise ValueError("TICKCAST_LLM_KEY goes over https, or to loopback, and nowhere else")
        return self

    @model_validator(mode="after")
    def _open_only_on_loopback(self) -> Self:
        if self.auth == "off" and not is_loopback(self.host):
            raise ValueError("TICKCAST_AUTH=off is allowed only when TICKCAST_HOST is loopback")
        return self

    @model_validator(mode="after")
    def _archived_before_deleted(self) -> Self:
        if 0 < self.archive_retention_days * 24 < self.journal_retention_hours + 24:
            raise ValueError(
                "TICKCAST_ARCHIVE_RETENTION_DAYS must exceed "
                "TICKCAST_JOURNAL_RETENTION_HOURS by a day"
            )
        return self

    @field_validator("paper_currency")
    @classmethod
    def _is_currency(cls, value: str) -> str:
        if not re.fullmatch(r"[A-Z]{3,5}", value):
            raise ValueError("must be a currency such as USD")
        return value

    @property
    def paper_limits(self) -> Limits:
        """What orders of every account are held to."""
        return Limits(
            notional=self.risk_notional,
            gross=self.risk_gross,
            per_symbol=self.risk_symbol,
            risk_per_trade=self.risk_per_trade,
            daily_loss=self.risk_daily_loss,
            drawdown=self.risk_drawdown,
            trades_a_day=self.risk_daily_trades,
            orders_a_minute=self.risk_minute_orders,
            open_positions=self.risk_positions,
            price_band=self.risk_price_band,
            cooldown_s=self.risk_cooldown_s,
            losses_in_a_row=self.risk_losses,
            symbols=tuple(filter(None, map(str.strip, self.risk_allowed.split(",")))),
        )

    @property
    def signal_words(self) -> SignalWords:
        """From which values on signals are called strong and good."""
        return SignalWords(
            self.signal_moderate,
            self.signal_strong,
            self.signal_medium_quality,
            self.signal_high_quality,
        )

    @property
    def offered_signals(self) -> list[ForecastTarget]:
        """The signals that are offered."""
        platform = self.signal_platform or self.default_platform
        return offered_targets(platform, self.signal_markets, self.signal_horizons)

    @property
    def origins(self) -> frozenset[str]:
        """Origins of pages elsewhere that may call."""
        return frozenset(_listed(self.cors_origins))

    @property
    def served_groups(self) -> frozenset[str]:
        """Groups of routes that the api serves."""
        return frozenset(_listed(self.groups)) or GROUPS

    @property
    def told_markets(self) -> dict[str, Market]:
        """Markets by the names that users say."""
        return parse_symbol_map(self.symbols)

    @property
    def venue_urls(self) -> dict[str, str]:
        """Addresses of MetaApi's services: what was set, else its own."""
        return _METAAPI_URLS | self.metaapi_urls

    @property
    def providers(self) -> dict[str, ProviderAccess]:
        """Address, key and account of each provider with a key, and the setting that it lacks."""
        url = self.metaapi_urls.get("market_data", "").replace("{region}", self.metaapi_region)
        lacking = "" if self.massive_key else "TICKCAST_MASSIVE_KEY"
        needed = {
            "TICKCAST_METAAPI_TOKEN": self.metaapi_token,
            "TICKCAST_METAAPI_ACCOUNT": self.metaapi_account,
            'TICKCAST_METAAPI_URLS["market_data"]': url,
        }
        absent = next((name for name, value in needed.items() if not value), "")
        return {
            "massive": ProviderAccess(self.massive_url, self.massive_key, "", lacking),
            "metaapi": ProviderAccess(url, self.metaapi_token, self.metaapi_account, absent),
        }

    @property
    def keyed_providers(self) -> list[str]:
        """Names of the providers that can be asked."""
        return [name for name, access in self.providers.items() if not access.missing]

    @property
    def reference_symbol(self) -> str:
        """The symbol whose candles show that data flows while other markets are closed."""
        return self.health_symbol or self.default_symbol

    @property
    def admin_secrets(self) -> tuple[str, ...]:
        """The secrets that open the admin routes, the current one first; none closes them."""
        return tuple(filter(None, (self.admin_secret, self.admin_secret_old)))

    @property
    def smtp_server(self) -> SmtpServer | None:
        """Where mails are handed in, None where none are sent."""
        return parse_smtp(self.smtp_url) if self.smtp_url else None

    @property
    def shops(self) -> dict[str, Shop]:
        """The payment providers whose webhooks are open, by name."""
        shops = (
            Shop(
                EDUZZ, _listed(self.eduzz_secrets), self.eduzz_products, self.eduzz_producer, "pt"
            ),
            Shop(STRIPE, _listed(self.stripe_secrets), self.stripe_products),
        )
        return {shop.provider.name: shop for shop in shops if shop.secrets}

    @property
    def api_url(self) -> str:
        """Address that a robot is told to call."""
        return self.public_url or f"http://{self.host}:{self.port}"

    @property
    def embedded_redis(self) -> bool:
        """Whether we start Redis ourselves."""
        return not self.redis_url

    @property
    def redis_socket(self) -> Path:
        """Path of the embedded Redis's unix socket, short enough for the system."""
        from tempfile import gettempdir

        folder = self.data_dir / "redis"
        if len(bytes(folder / "redis.sock")) <= SOCKET_PATH_LIMIT:
            return folder / "redis.sock"
        digest = hashlib.sha256(bytes(folder)).hexdigest()[:16]
        return Path(gettempdir()) / f"tickcast-{digest}" / "redis.sock"

    @property
    def redis_address(self) -> str:
        """Address of Redis for redis-py."""
        return self.redis_url or f"unix://{self.redis_socket}"

    @property
    def broker_address(self) -> str:
        """Address of Redis for Celery."""
        if self.redis_url.startswith("unix://"):
            return self.redis_url.replace("unix://", "redis+socket://", 1)
        return self.redis_url or f"redis+socket://{self.redis_socket}"

    @property
    def database_address(self) -> str:
        """SQLAlchemy address of the records."""
        return self.database_url or f"sqlite:///{self.data_dir / 'tickcast.sqlite3'}"

    @property
    def metrics_dir(self) -> Path:
        """Folder where the processes of one run share their Prometheus counters.

        In memory where there is such a place: the files are mapped, and a process that
        touches a mapped page for which a full disk has no room is killed.
        """
        if not os.access(SHARED_MEMORY, os.W_OK):
            return self.data_dir / "metrics"
        digest = hashlib.sha256(bytes(self.data_dir)).hexdigest()[:16]
        return SHARED_MEMORY / f"tickcast-{os.getuid()}-{digest}"

    @property
    def heads_file(self) -> Path:
        """File outside SQL that holds the heads of the ledger's chains."""
        return self.data_dir / "ledger" / "heads.jsonl"

    @property
    def journal_dir(self) -> Path:
        """Folder of raw trades that are too old for Redis."""
        return self.data_dir / "journal"

    @property
    def owner_key_file(self) -> Path:
        """File that holds the owner's key, readable by the owner only."""
        return self.data_dir / "owner.key"

    @property
    def vault_key_file(self) -> Path:
        """File that holds the key by which tokens of venues are encrypted."""
        return self.data_dir / "vault.key"


@contextmanager
def _refusals(of: str = "") -> Iterator[None]:
    """Turn refusals of ours into those that pydantic collects."""
    try:
        yield
    except TickcastError as error:
        raise ValueError(f"{of}{error.detail}") from None


def _listed(value: str) -> list[str]:
    return [part.strip() for part in value.split(",") if part.strip()]


def read_settings() -> Settings:
    """Read and check all settings; raises `WrongSetting` naming the variable."""
    try:
        return Settings()
    except ValidationError as error:
        raise WrongSetting(" ".join(map(_sentence, error.errors()))) from None


def _sentence(problem: object) -> str:
    found = msgspec.convert(problem, dict, strict=False)
    name = "_".join(str(part) for part in found["loc"]).upper()
    reason = str(found["msg"]).removeprefix("Value error, ")
    return f"TICKCAST_{name}: {reason}." if name else f"{reason}."
