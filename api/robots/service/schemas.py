"""Shapes of what is told of the service: to watchers, to landing pages, to subscribers."""

from typing import Literal

from msgspec import UNSET, Struct, UnsetType


class ServiceHealth(Struct, kw_only=True):
    """How the service is, in words that anybody may read.

    `pred_lag_minutes` is the age of the newest signal, `btc_lag_minutes` that of the newest
    candle of a market that never closes. Slots are stale by their market's sessions.
    """

    status: Literal["ok", "degraded", "down"]
    api_version: str
    db: Literal["ok", "error"]
    last_prediction: str | None
    last_candle: str | None
    pred_lag_minutes: float | None
    btc_lag_minutes: float | None
    stale_pred_count: int
    total_active_slots: int
    reasons: list[str] | None


class SlotState(Struct):
    """An offered slot: its newest signal, how old that is, and why it is stale if it is."""

    symbol: str
    timeframe: str
    ts: str | None
    lag_minutes: float | None
    stale: bool
    model_v: str | None
    verdict: str | None
    why: str | None


class FeedTerminal(Struct):
    """A terminal that feeds a platform; `connected`: to its broker, where it is told."""

    server: str
    company: str
    build: int
    demo: bool
    last_seen_at: str
    connected: bool | UnsetType = UNSET


class FeedState(Struct):
    """What terminals bring: the newest candle's close, and how their broker's clock stands."""

    platform: str
    symbols: list[str]
    last_candle: str | None
    utc_offset_s: int | None
    zone: str | None
    clock_offset_s: int | None
    terminals: list[FeedTerminal]
    late: list[str]


class MailsState(Struct):
    """Mails that wait to be sent, and those that cannot be."""

    waiting: int
    failed: int


class WebhooksState(Struct):
    """Events of who sells: of the last day; ever failed; of products or buyers unknown here."""

    received_24h: int
    failed: int
    unmatched: int


class ServiceStatus(ServiceHealth, kw_only=True):
    """The same in detail; what follows the slots is told to owners only."""

    server_time: str
    started_at: str
    slots: list[SlotState]
    feeds: list[FeedState] | UnsetType = UNSET
    workers: dict[str, str | None] | UnsetType = UNSET
    queues: dict[str, int] | UnsetType = UNSET
    mail: MailsState | UnsetType = UNSET
    webhooks: WebhooksState | UnsetType = UNSET


class LedgerHead(Struct):
    """The end of the chain of signals: how many there are, and the hash of the last."""

    count: int
    hash: str


class PublicStats(Struct, kw_only=True):
    """What anybody may know. Uptime is the share of minutes in which all was well."""

    active_models: int
    total_signals_24h: int
    directional_signals_24h: int
    monitored_pairs: int
    uptime_pct_30d: float
    as_of: str
    uptime_since: str
    ledger_head: LedgerHead


class ActiveModel(Struct, kw_only=True):
    """The champion of an offered slot, with what its walk-forward showed before the fact.

    `auc_wf` is that of direction, `pf_wf` what trades won by what they lost, after costs;
    null below 30 trades, or where the training did not record it. `features` counts inputs.
    """

    symbol: str
    tf_code: str
    model_v: str
    auc_wf: float | None
    pf_wf: float | None
    is_active: bool
    trained_at: str
    verdict: str
    n_wf: int
    skill: float | None
    skill_low: float | None
    skill_high: float | None
    pf_wf_low: float | None
    trades_wf: int | None
    ece_wf: float | None
    horizon: int
    features: int | None
    train_from: str
    train_to: str
    age_days: float
    in_plan: bool


class ActiveModels(Struct):
    """The champions of all offered slots."""

    count: int
    models: list[ActiveModel]


class EaAccount(Struct):
    """Whose robot it is."""

    name: str
    tier: str


class SlotCoverage(Struct):
    """Of the slots in the plan, those with a current signal."""

    expected: int
    active: int
    pct: float


class StaleSlot(Struct):
    """A slot in the plan without a current signal, since when (the close it should follow)."""

    symbol: str
    timeframe: str
    since: str | None
    why: str


class EaCheck(Struct):
    """One thing that a user can look at, and what to do if it is not well."""

    name: str
    ok: bool
    hint: str


class EaStatus(Struct, kw_only=True):
    """Whether a subscriber's robot is there and gets what it should."""

    online: bool
    status: Literal["online", "late", "offline", "never"]
    last_heartbeat: str | None
    mins_since: float | None
    account: EaAccount
    slot_coverage: SlotCoverage
    recent_signals_24h: int
    lag_minutes: float | None
    stale: list[StaleSlot]
    checks: list[EaCheck]
