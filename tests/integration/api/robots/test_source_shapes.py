"""Every field of source 002's routes for robots: its name, its place, its type.

Shapes are those of the source, with what was added to them, as text; what is documented and what
is answered are held against them.
"""

import json
from typing import Any

import pytest

from api.app import Application
from core.clock.times import format_time, now_ms
from core.series import make_series
from storage.access.access_keys import SUBSCRIBER
from storage.accounts.accounts import NewAccount
from storage.candles.candle_columns import Candles
from storage.jobs.worker_faults import WORKERS
from storage.ledger.signal_rows import SignalOutcome
from storage.stores import Stores
from tasks.signals.note_uptime import note_uptime
from tests.integration.api.conftest import Api
from tests.integration.api.robots.conftest import EURUSD, GOLD, Seal
from tests.integration.api.robots.shape_text import Shape
from tests.made_runs import enter_run, run

pytestmark = pytest.mark.clock
WORD = "BUY|SELL|NO_TRADE"
HEALTH = """status:ok|degraded|down, api_version:str, db:ok|error, last_prediction:iso|null,
    last_candle:iso|null, pred_lag_minutes:float|null, btc_lag_minutes:float|null,
    stale_pred_count:int, total_active_slots:int, reasons:[str]|null"""
STORED = """{ok:bool, exec_id?:int, ticket:int|null, action?:created|updated, pred_id?:int|null,
    matched?:bool, warnings?:[str], error?:str, detail?:str}"""
SHAPES = {
    "GET /api/scan": f"""{{items:[{{symbol:str, timeframe:str, signal:{WORD}, confidence:float,
        prob_buy:float, prob_sell:float, prob_no:float, regime:str, expected_rr:float, ts:iso,
        model_v:str, pred_id:int, ts_unix:int, created_at:iso, enter_by:iso, enter_by_unix:int,
        exit_by:iso, exit_by_unix:int, ref_price:float, tp:float|null, sl:float|null,
        spread_max:float, range_low:float|null, range_high:float|null, horizon:int,
        platform:str, stale:bool, reason:str, verdict:str}}],
        plan_tier:str, filtered_by_plan:bool, server_time:iso, server_time_unix:int,
        next_close_unix:int, stale_slots:int, count:int}}""",
    "GET /api/signals/{symbol}/{tf}": f"""[{{ts:iso, signal:{WORD}, confidence:float, regime:str,
        expected_rr:float, pred_id:int, created_at:iso, outcome:{{result:profit|loss|not_entered,
        exit:tp|sl|time|not_entered, r:float, pnl_bps:float, closed_at:iso|null}}|null,
        model_v:str}}]""",
    "GET /api/account/signals": f"""{{count:int, days:int, signals:[{{symbol:str, timeframe:str,
        signal:{WORD}, confidence:float, prob_buy:float, prob_sell:float, prob_no:float,
        regime:str, expected_rr:float, ts:iso, created_at:iso, model_v:str, pred_id:int,
        outcome:{{result:profit|loss|not_entered, exit:tp|sl|time|not_entered, r:float,
        pnl_bps:float, closed_at:iso|null}}|null}}], total:int}}""",
    "GET /api/history/predictions": """{days:int, count:int, rows:[{date:str, symbol:str,
        tf_code:str, n:int, n_buy:int, n_sell:int, n_no_trade:int, n_missed:int, n_resolved:int,
        n_hits:int, hit_rate:float|null, mean_confidence:float|null, brier:float|null,
        brier_prior:float|null}]}""",
    "GET /api/ea-status": """{online:bool, status:online|late|offline|never,
        last_heartbeat:iso|null, mins_since:float|null, account:{name:str, tier:str},
        slot_coverage:{expected:int, active:int, pct:float}, recent_signals_24h:int,
        lag_minutes:float|null, stale:[{symbol:str, timeframe:str, since:iso|null, why:str}],
        checks:[{name:str, ok:bool, hint:str}]}""",
    "GET /api/health": f"{{{HEALTH}}}",
    "GET /api/status": f"""{{{HEALTH}, server_time:iso, started_at:iso, slots:[{{symbol:str,
        timeframe:str, ts:iso|null, lag_minutes:float|null, stale:bool, model_v:str|null,
        verdict:str|null, why:str|null}}], feeds?:[{{platform:str, symbols:[str],
        last_candle:iso|null, utc_offset_s:int|null, zone:str|null, clock_offset_s:int|null,
        terminals:[{{server:str, company:str, build:int, demo:bool, last_seen_at:iso,
            connected?:bool}}],
        late:[str]}}], workers?:{{*:str|null}}, queues?:{{*:int}},
        mail?:{{waiting:int, failed:int}},
        webhooks?:{{received_24h:int, failed:int, unmatched:int}}}}""",
    "GET /api/models": """{count:int, models:[{symbol:str, tf_code:str, model_v:str,
        auc_wf:float|null, pf_wf:float|null, is_active:bool, trained_at:iso, verdict:str,
        n_wf:int, skill:float|null, skill_low:float|null, skill_high:float|null,
        pf_wf_low:float|null, trades_wf:int|null, ece_wf:float|null, horizon:int,
        features:int|null, train_from:iso, train_to:iso, age_days:float, in_plan:bool}]}""",
    "GET /api/public/stats": """{active_models:int, total_signals_24h:int,
        directional_signals_24h:int, monitored_pairs:int, uptime_pct_30d:float, as_of:iso,
        uptime_since:iso, ledger_head:{count:int, hash:str}}""",
    "POST /api/ea/heartbeat": """{ok:bool, server_time_unix:int, utc_offset_s:int|null,
        warnings:[str], min_version:str|null}""",
    "POST /api/executions": f"{STORED}|[{STORED}]",
    "POST /ingest/mt/{platform}": """{ok:bool, utc_offset_s:int, zone:str, grid:str, accepted:int,
        revised:int, rejected:[[int|str]], rejected_total:int,
        want:[{symbol:str, tf:str, from:int, count:int}], poll_s:int, warnings:[str]}""",
}
# What the source itself shows, as it shows it: each name with a value of the same type is there.
EXAMPLES = {
    "GET /api/scan": """{"items": [{"symbol": "EURUSD", "timeframe": "H1", "signal": "BUY",
        "confidence": 0.67, "prob_buy": 0.55, "prob_sell": 0.20, "prob_no": 0.25,
        "regime": "trend_up", "expected_rr": 1.85, "ts": "2026-05-27T14:00:00Z",
        "model_v": "lgbm_EURUSD_H1_v85b52764"}], "plan_tier": "pro", "filtered_by_plan": false}""",
    "GET /api/signals/{symbol}/{tf}": """[{"ts": "2026-05-27T14:00:00Z", "signal": "BUY",
        "confidence": 0.67, "regime": "trend_up", "expected_rr": 1.85}]""",
    "GET /api/account/signals": """{"count": 28, "days": 7, "signals": [{"symbol": "EURUSD",
        "timeframe": "H1", "signal": "BUY", "confidence": 0.67, "prob_buy": 0.55,
        "prob_sell": 0.20, "prob_no": 0.25, "regime": "trend_up", "expected_rr": 1.85,
        "ts": "2026-05-27T14:00:00Z", "created_at": "2026-05-27T14:00:15Z",
        "model_v": "lgbm_EURUSD_H1_v85b52764"}]}""",
    "GET /api/ea-status": """{"online": true, "last_heartbeat": "2026-05-27T14:35:00Z",
        "mins_since": 0.5, "account": {"name": "J", "tier": "pro"}, "slot_coverage":
        {"expected": 56, "active": 54, "pct": 96.4}, "recent_signals_24h": 28,
        "lag_minutes": 3.5}""",
    "GET /api/health": """{"status": "ok", "api_version": "2.0.0", "db": "ok",
        "last_prediction": "2026-05-27T14:35:00Z", "last_candle": "2026-05-27T14:30:00Z",
        "pred_lag_minutes": 3.5, "btc_lag_minutes": 4.1, "stale_pred_count": 17,
        "total_active_slots": 40, "reasons": null}""",
    "GET /api/models": """{"count": 56, "models": [{"symbol": "EURUSD", "tf_code": "H1",
        "model_v": "lgbm_EURUSD_H1_v85b52764", "auc_wf": 0.621, "pf_wf": 1.42, "is_active": true,
        "trained_at": "2026-05-25T03:14:00Z"}]}""",
    "GET /api/public/stats": """{"active_models": 71, "total_signals_24h": 142,
        "directional_signals_24h": 18, "monitored_pairs": 14, "uptime_pct_30d": 99.8}""",
}


def report(**other: Any) -> dict[str, Any]:
    """Return the body that the source shows."""
    opened = format_time((now_ms() // 1_000 - 900) * 1_000)
    told: dict[str, Any] = {
        "pred_id": 12345, "ticket": 987654321, "symbol": "XAUUSD", "timeframe": "H1",
        "signal": "BUY", "confidence": 0.67, "opened_at": opened, "closed_at": None,
        "entry_price": 1.0823, "exit_price": None, "pnl": None, "result": None,
    }  # fmt: skip
    return told | other


@pytest.fixture
async def answers(api: Api, stores: Stores, seal: Seal) -> dict[str, list[Any]]:
    """What each route answers an owner and a subscriber, once all that they tell of is there."""
    for role in WORKERS:
        stores.workers.heartbeat(f"{role}@host", "", {"role": role, "at": now_ms() + 60_000})
    won, lost = seal(GOLD, 2), seal(GOLD, 1)
    seal(EURUSD, 3)
    seal(GOLD, type="hold", regime=None)
    came = [SignalOutcome(won.seq, 0.2, "take_profit", "buy"),
            SignalOutcome(lost.seq, -0.1, "stop_loss", "sell")]  # fmt: skip
    stores.sealed.record_outcomes(came)
    trades = {"trades": 40, "mean": 0.1, "profit_factor": 1.42, "profit_factor_low": 0.9}
    skill = {"value": 0.01, "low": -0.1, "high": 0.2}
    scores = {
        "direction": {"auc": 0.621, "ece": 0.02, "skill": skill},
        "after_costs": {"1x": trades},
    }
    enter_run(stores.registry, run(target=GOLD, scores=scores, metadata={"features": 7}))
    enter_run(stores.registry, run("run-2", EURUSD))
    for platform, symbol in (("mt5", "XAUUSD"), ("coinbase", "BTC-USD")):
        series = make_series(platform, symbol, "1h")
        opened = now_ms() // 3_600_000 * 3_600 - 3_600
        stores.candles.write(series, Candles.from_rows([[opened, 1, 1, 1, 1, 1, 1, 0]]))
        stores.watches.add(series)
    note_uptime(stores, "BTC-USD")
    account = stores.accounts.create(NewAccount(user_name="João"), "pro")
    robot = {"X-API-Key": stores.keys.create(SUBSCRIBER, "x", account_id=account.id)[0]}
    found: dict[str, list[Any]] = {name: [] for name in SHAPES}
    beat = {"version": "1.0", "platform": "mt5", "build": 1, "server_time": now_ms() // 1_000}
    closed = report(closed_at=format_time(now_ms()), exit_price=1.0851, pnl=12.45, result="TP")
    bad = report(ticket=5, entry_price=-1.0)
    posts = [("ea/heartbeat", beat), ("ea/heartbeat", {}), ("executions", report()),
             ("executions", closed), ("executions", [report(ticket=6), bad])]  # fmt: skip
    for path, body in posts:
        answer = await api.bare("POST", f"/api/{path}", json=body, headers=robot)
        assert answer.status_code in (200, 201), answer.text
        found[f"POST /api/{path}"].append(answer.json)
    for name in SHAPES:
        if name.startswith("GET"):
            path = name.removeprefix("GET ").format(symbol="XAUUSD", tf="H1")
            for headers in ({}, robot):
                answer = await api("GET", path, headers=headers)
                assert answer.status_code in (200, 503), answer.text
                found[name].append(answer.json)
    now = now_ms() // 1_000
    rows = [[now - now % 300 - 300, 1, 1, 1, 1, 9, 2], [now, 1, 1, 1, 1, 9, 2]]
    pushed = {"clock": {"server": now}, "series": [{"symbol": "EU", "tf": "M5", "bars": rows}]}
    fed = await api("POST", "/ingest/mt/broker", json=pushed)
    assert (fed.status_code, fed.json["rejected_total"]) == (200, 1), fed.text
    found["POST /ingest/mt/{platform}"].append(fed.json)
    old = await api("GET", "/api/scan", params={"include_stale": "true"}, headers=robot)
    found["GET /api/scan"].append(old.json)
    return found


async def test_every_answer_has_every_field_with_its_name_place_and_type(
    answers: dict[str, list[Any]],
) -> None:
    problems = {
        f"{name} {problem}"
        for name, bodies in answers.items()
        for body in bodies
        for problem in Shape.parse(SHAPES[name]).problems(body)
    }
    assert problems == set()
    assert all(answers.values())


async def test_what_the_source_shows_is_answered_alike(answers: dict[str, list[Any]]) -> None:
    for name, text in EXAMPLES.items():
        for body in answers[name]:
            assert list(_unlike(json.loads(text), body)) == [], name


def test_what_is_documented_has_the_same_shapes(app: Application, api_document: Any) -> None:
    problems = set()
    for name, text in SHAPES.items():
        method, template = name.split()
        described = api_document["paths"][template][method.lower()]["responses"]
        code = "201" if template == "/api/executions" else "200"
        schema = described[code]["content"]["application/json"]["schema"]
        parts = api_document["components"]["schemas"]
        problems |= {f"{name} {p}" for p in Shape.parse(text).schema_problems(schema, parts)}
    assert problems == set()


@pytest.fixture
async def api_document(api: Api) -> Any:
    """The OpenAPI document."""
    return (await api("GET", "/openapi.json")).json


def _unlike(shown: Any, found: Any, path: str = "$") -> Any:
    """Yield where an answer lacks a name of an example, or has another type there."""
    if isinstance(shown, dict):
        for name, each in shown.items():
            if name not in found:
                yield f"{path}.{name} is missing"
            else:
                yield from _unlike(each, found[name], f"{path}.{name}")
    elif isinstance(shown, list):
        for each in found:
            yield from _unlike(shown[0], each, f"{path}[]")
    elif shown is not None and found is not None and type(shown) is not type(found):
        yield f"{path}: {found!r} is not like {shown!r}"


@pytest.mark.parametrize(
    ("text", "value", "right"),
    [
        ("{a:int}", {"a": 1}, True),
        ("{a:int}", {"a": 1.0}, False),
        ("{a:float}", {"a": 1}, False),
        ("{a:int}", {"a": True}, False),
        ("{a:int}", {"a": 1, "b": 2}, False),
        ("{a:int, b?:int}", {"a": 1}, True),
        ("{a:int, b:int}", {"b": 1, "a": 1}, False),
        ("{a:iso|null}", {"a": "2026-05-27T14:00:00Z"}, True),
        ("{a:iso|null}", {"a": "2026-05-27T14:00:00.5Z"}, False),
        ("{a:BUY|SELL}", {"a": "HOLD"}, False),
        ("[{a:[int]|null}]", [{"a": [1]}, {"a": None}], True),
        ("{*:int}", {"x": 1, "y": None}, False),
    ],
)
def test_the_validator_tells_right_from_wrong(text: str, value: Any, right: bool) -> None:
    assert (list(Shape.parse(text).problems(value)) == []) == right
