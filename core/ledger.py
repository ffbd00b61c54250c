"""How the ledger's rows are chained, so that anybody can check it from the rows alone.

A row's hash is the SHA-256, in hex, of a JSON array without spaces: the hash of
the row before, then the row's fields in the order given here, and `ADDED` ones. Instants are epoch
milliseconds, openings epoch seconds, numbers in the shortest form that reads
back as the same double. The first row's predecessor is `genesis`. A live chain
and a replayed one begin differently, so that one can never pass for the other.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec

LIVE = "live"
FORECASTS, EVENTS, SIGNALS, EXECUTIONS = "forecasts", "events", "signals", "executions"
ORDERS, DECISIONS = "orders", "decisions"
# Ledgers that the server's clock stamps: forecasts of closes, and, each named as its chain,
# signals, what terminals report of positions, and what happens to accounts of
# trading, and what was decided for them.
CLOCKED = (LIVE, SIGNALS, EXECUTIONS, ORDERS, DECISIONS)
_NAMED_AS_CHAIN = (SIGNALS, EXECUTIONS, ORDERS, DECISIONS)
# Ledgers of forecasts of the past that outside forecasters hand in: `walk.NAME`.
WALK = "walk."

TARGET_FIELDS = ("platform", "symbol", "resolution", "horizon", "model")

HASHED = {
    FORECASTS: (
        "seq",
        "made_at",
        *TARGET_FIELDS,
        "opening",
        "first_opening",
        "input_end",
        "predicted",
        "low_80",
        "high_80",
        "low_95",
        "high_95",
        "prob_up",
        "last_price",
        "model_hash",
        "data_hash",
    ),
    SIGNALS: (
        "seq",
        "made_at",
        *TARGET_FIELDS,
        "opening",
        "first_opening",
        "input_end",
        "type",
        "confidence",
        "probability_hold",
        "probability_buy",
        "probability_sell",
        "current_price",
        "take_profit",
        "stop_loss",
        "expected_percent",
        "costs_bps",
        "spread_bps",
        "reason",
        "signal_id",
        "model_hash",
        "data_hash",
    ),
    EXECUTIONS: (
        "number",
        "received_at",
        "exec_id",
        "account_id",
        "key_number",
        "terminal",
        "ticket",
        "body",
    ),
    ORDERS: ("number", "recorded_at", "account_id", "kind", "order_id", "body"),
    DECISIONS: ("number", "recorded_at", "account_id", "kind", "decision_id", "body"),
    EVENTS: (
        "number",
        "recorded_at",
        "kind",
        *TARGET_FIELDS,
        "seq",
        "opening",
        "last_opening",
        "count",
        "realised",
        "reason",
    ),
}


# Fields that came later: each stands at the end, and is hashed where it has a value. So rows
# of earlier versions, which lack them, have the hash that they had.
ADDED = {
    FORECASTS: ("costs_bps", "thin"),
    SIGNALS: (
        "side",
        "probability_tp",
        "probability_sl",
        "prior_hold",
        "prior_buy",
        "prior_sell",
        "range_low",
        "range_high",
        "regime",
        "volatility_regime",
        "verdict",
        "run_id",
    ),
    EXECUTIONS: (),
    ORDERS: (),
    DECISIONS: (),
    EVENTS: ("last_price", "label", "closed_at"),
}


def rows_chain(name: str) -> str:
    """Return the chain of a ledger's rows; its outcomes and misses stand in `EVENTS`."""
    return name if name in _NAMED_AS_CHAIN else FORECASTS


def genesis(chain: str, live: bool) -> str:
    """Return what stands in place of a hash before the first row."""
    kind = "live" if live else "replay"
    return hashlib.sha256(f"tickcast ledger 1 {kind} {chain}".encode()).hexdigest()


def row_hash(chain: str, prev_hash: str, row: Mapping[Any, Any]) -> str:
    """Return the hash of a row that follows the one with `prev_hash`."""
    values = [prev_hash, *(row[name] for name in HASHED[chain])]
    values += [row[name] for name in ADDED[chain] if row.get(name) is not None]
    return hashlib.sha256(msgspec.json.encode(values)).hexdigest()
