"""Shapes of what the operator watches."""

from typing import Literal

from msgspec import Struct

from api.robots.service.schemas import FeedState, MailsState, WebhooksState


class EaHealth(Struct, kw_only=True):
    """An account's robots: the one seen last, its reports, and what it followed.

    `account_id` 0 is the owner's. `copied_pct_7d` is the share that it copied of the signals to
    buy or sell in the plan that came while a terminal was there; null where there were none.
    """

    account_id: int
    name: str
    tier: str
    status: Literal["online", "late", "offline", "never"]
    mins_since: float | None
    version: str | None
    clock_offset_s: int | None
    reports_24h: int
    copied_pct_7d: float | None


class WordCounts(Struct, rename="upper"):
    """Signals by their word."""

    buy: int = 0
    sell: int = 0
    no_trade: int = 0


class SlotWords(Struct):
    """Signals of a slot by their word."""

    symbol: str
    tf_code: str
    n_buy: int
    n_sell: int
    n_no_trade: int


class ConfidenceCount(Struct):
    """Signals whose confidence is from `low` to below `high`; the last tenth holds 1, too."""

    low: float
    high: float
    n: int


class Distribution(Struct):
    """How signals were distributed over words, slots and tenths of confidence."""

    n: int
    by_word: WordCounts
    by_slot: list[SlotWords]
    by_confidence: list[ConfidenceCount]


class Distributions(Struct, rename={"day": "24h", "week": "7d"}):
    """Signals sealed within a day and within a week."""

    day: Distribution
    week: Distribution


class FeatureHealth(Struct, kw_only=True):
    """An input of a slot's model beside what was learnt from (`docs/operations.md`).

    `psi` from 0.1 on is worth a look, from 0.25 on another population; null where nothing is
    trained. `missing_pct` is of the candles that the market should have had.
    """

    symbol: str
    tf_code: str
    feature: str
    psi: float | None
    missing_pct: float
    status: Literal["ok", "watch", "drift", "missing", "unknown"]


class ModelEventShown(Struct, kw_only=True):
    """What became of a training; of one that failed there is no model."""

    symbol: str
    tf_code: str
    model_v: str | None
    event: Literal["trained", "promoted", "refused", "failed"]
    at: str
    reason: str


class SlotNumbers(Struct):
    """Slots that are offered, those with a current signal, and those that lack one."""

    expected: int
    active: int
    stale: int


class MonitoringData(Struct, kw_only=True):
    """All that an operator watches at once."""

    as_of: str
    ea_health: list[EaHealth]
    signals_distribution: Distributions
    feature_health: list[FeatureHealth]
    models_24h: list[ModelEventShown]
    feeds: list[FeedState]
    webhooks: WebhooksState
    mails: MailsState
    slots: SlotNumbers
