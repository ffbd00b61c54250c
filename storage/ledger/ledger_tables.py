"""The SQL tables of the ledger: append-only, each ledger with two chains of its own.

`ledger` holds forecasts, `ledger_signals` signals, `ledger_events` what came of
both: outcomes, and what was missed; `execution_reports` holds what terminals report of
positions. `ledger_pending` and `ledger_boards` follow from the others and may be made anew.
Openings are epoch seconds, instants epoch ms.
"""

from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Double,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from core.forecast_target import GRACE_SHARE, LONGEST_GRACE_MS
from storage.tables import metadata

# What names a forecaster outside this server is longer than what names a model of ours.
_ANY_MODEL = 64
_GRACE_A_SECOND = round(GRACE_SHARE * 1_000)
_IN_TIME = (
    f"made_at <= first_opening * 1000 + CASE WHEN resolution * {_GRACE_A_SECOND} < "
    f"{LONGEST_GRACE_MS} THEN resolution * {_GRACE_A_SECOND} ELSE {LONGEST_GRACE_MS} END"
)


def target_columns(model_length: int = 32) -> list[Column[Any]]:
    """Return the columns that name a target."""
    return [
        Column("platform", String(64), nullable=False),
        Column("symbol", String(64), nullable=False),
        Column("resolution", Integer, nullable=False),
        Column("horizon", Integer, nullable=False),
        Column("model", String(model_length), nullable=False),
    ]


ledgers = Table(
    "ledgers",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("kind", String(16), nullable=False),  # replay or walk
    Column("created_at", BigInteger, nullable=False),
    Column("job_id", String(36)),
    Column("request", JSON, nullable=False),
)

ledger = Table(
    "ledger",
    metadata,
    Column("ledger", String(64), nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("made_at", BigInteger, nullable=False),
    *target_columns(_ANY_MODEL),
    Column("opening", BigInteger, nullable=False),  # of the candle whose close is forecast
    Column("first_opening", BigInteger, nullable=False),  # of the first candle after the inputs
    Column("input_end", BigInteger, nullable=False),  # when the last candle of the inputs closed
    Column("predicted", Double, nullable=False),
    Column("low_80", Double),  # what an outside forecaster did not say is null
    Column("high_80", Double),
    Column("low_95", Double),
    Column("high_95", Double),
    Column("prob_up", Double),
    Column("last_price", Double, nullable=False),
    Column("model_hash", String(64), nullable=False),
    Column("data_hash", String(64), nullable=False),
    Column("prev_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Column("costs_bps", Double),  # of a round trip; not kept by earlier versions
    Column("thin", Boolean),  # likewise
    PrimaryKeyConstraint("ledger", "seq"),
    UniqueConstraint(
        "ledger",
        "platform",
        "symbol",
        "resolution",
        "horizon",
        "model",
        "opening",
        name="uq_ledger_target",
    ),
    Index("ix_ledger_model", "ledger", "model", "made_at"),
    CheckConstraint("input_end <= first_opening", name="ck_ledger_inputs"),
    CheckConstraint("first_opening <= opening", name="ck_ledger_target"),
    CheckConstraint(_IN_TIME, name="ck_ledger_made_at"),
)

ledger_signals = Table(
    "ledger_signals",
    metadata,
    Column("ledger", String(64), nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("made_at", BigInteger, nullable=False),
    *target_columns(),
    Column("opening", BigInteger, nullable=False),  # of the last candle of the horizon
    Column("first_opening", BigInteger, nullable=False),
    Column("input_end", BigInteger, nullable=False),
    Column("type", String(8), nullable=False),
    Column("confidence", Double, nullable=False),
    Column("probability_hold", Double, nullable=False),
    Column("probability_buy", Double, nullable=False),
    Column("probability_sell", Double, nullable=False),
    Column("current_price", Double, nullable=False),
    Column("take_profit", Double),  # prices; a hold has none
    Column("stop_loss", Double),
    Column("expected_percent", Double, nullable=False),
    Column("costs_bps", Double, nullable=False),
    Column("spread_bps", Double, nullable=False),
    Column("reason", Text, nullable=False),
    Column("signal_id", String(36), nullable=False),
    Column("model_hash", String(64), nullable=False),
    Column("data_hash", String(64), nullable=False),
    Column("prev_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    PrimaryKeyConstraint("ledger", "seq"),
    UniqueConstraint(
        "ledger",
        "platform",
        "symbol",
        "resolution",
        "horizon",
        "model",
        "opening",
        name="uq_ledger_signals_target",
    ),
    # Of rows of earlier versions none of these is known. The side that earns more, also of a
    # hold, whose exits are then that side's; what a run's class priors say; the 90% range.
    Column("side", String(8)),
    Column("probability_tp", Double),
    Column("probability_sl", Double),
    Column("prior_hold", Double),
    Column("prior_buy", Double),
    Column("prior_sell", Double),
    Column("range_low", Double),
    Column("range_high", Double),
    Column("regime", String(16)),
    Column("volatility_regime", String(16)),
    Column("verdict", String(16)),
    Column("run_id", String(36)),
    UniqueConstraint("signal_id", name="uq_ledger_signals_signal_id"),
    Index("ix_ledger_signals_opening", "opening"),
    CheckConstraint("input_end <= first_opening", name="ck_ledger_signals_inputs"),
    CheckConstraint("first_opening <= opening", name="ck_ledger_signals_target"),
    CheckConstraint(_IN_TIME, name="ck_ledger_signals_made_at"),
)

ledger_events = Table(
    "ledger_events",
    metadata,
    Column("ledger", String(64), nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("recorded_at", BigInteger, nullable=False),
    Column("kind", String(16), nullable=False),  # outcome or missed
    *target_columns(_ANY_MODEL),
    Column("seq", BigInteger),  # the forecast that an outcome belongs to
    Column("opening", BigInteger, nullable=False),  # target; of missed ones the first
    Column("last_opening", BigInteger, nullable=False),  # of missed ones the last
    Column("count", Integer, nullable=False),  # how many were missed
    Column("realised", Double),
    Column("reason", Text),
    Column("prev_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    # Of an outcome: the price that its forecast was made too early to know of.
    Column("last_price", Double),
    Column("label", String(8)),  # of a signal: which barrier came first
    Column("closed_at", BigInteger),  # when its position closed; not kept by earlier versions
    PrimaryKeyConstraint("ledger", "number"),
    UniqueConstraint("ledger", "seq", name="uq_ledger_events_seq"),
    Index(
        "ix_ledger_events_slot",
        "ledger",
        "kind",
        "platform",
        "symbol",
        "resolution",
        "horizon",
        "model",
    ),
)

execution_reports = Table(
    "execution_reports",
    metadata,
    Column("ledger", String(64), nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("exec_id", BigInteger, nullable=False),
    Column("account_id", BigInteger, nullable=False),  # 0 is the owner's
    Column("key_number", BigInteger, nullable=False),
    Column("terminal", String(160), nullable=False),
    Column("ticket", BigInteger, nullable=False),
    Column("body", Text, nullable=False),  # as it was received
    Column("content", String(64), nullable=False),  # digest of what it says, to know repetitions
    Column("prev_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    PrimaryKeyConstraint("ledger", "number"),
    Index("ix_execution_reports_content", "exec_id", "content"),
)

order_events = Table(
    "order_events",
    metadata,
    Column("ledger", String(64), nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("recorded_at", BigInteger, nullable=False),
    Column("account_id", BigInteger, nullable=False),  # 0 is the owner's
    Column("kind", String(16), nullable=False),
    Column("order_id", BigInteger, nullable=False),  # 0 of what is about no order
    Column("body", Text, nullable=False),  # JSON of `core.trading.events.Row`
    Column("prev_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    PrimaryKeyConstraint("ledger", "number"),
    Index("ix_order_events_account", "account_id", "number"),
)

decision_events = Table(
    "decision_events",
    metadata,
    Column("ledger", String(64), nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("recorded_at", BigInteger, nullable=False),
    Column("account_id", BigInteger, nullable=False),  # 0 is the owner's
    Column("kind", String(16), nullable=False),  # made, confirmed or rejected
    Column("decision_id", String(64), nullable=False),
    Column("body", Text, nullable=False),
    Column("prev_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    PrimaryKeyConstraint("ledger", "number"),
)

ledger_pending = Table(
    "ledger_pending",
    metadata,
    Column("ledger", String(64), nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("platform", String(64), nullable=False),
    Column("symbol", String(64), nullable=False),
    Column("resolution", Integer, nullable=False),
    Column("opening", BigInteger, nullable=False),
    Column("first_opening", BigInteger),  # null in rows of earlier versions
    Column("input_end", BigInteger),
    PrimaryKeyConstraint("ledger", "seq"),
    Index("ix_ledger_pending_series", "platform", "symbol", "resolution", "opening"),
)

ledger_boards = Table(
    "ledger_boards",
    metadata,
    Column("ledger", String(64), nullable=False),
    *target_columns(_ANY_MODEL),
    Column("n", Integer, nullable=False),
    Column("scores", JSON, nullable=False),
    Column("baseline_scores", JSON, nullable=False),
    Column("verdict", String(16), nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("ledger", "platform", "symbol", "resolution", "horizon", "model"),
)

forecaster_records = Table(
    "forecaster_records",
    metadata,
    Column("ledger", String(64), nullable=False),
    Column("model", String(_ANY_MODEL), nullable=False),
    Column("record", JSON, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("ledger", "model"),
)
