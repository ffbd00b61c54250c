"""Signals, ranges and phases by the names that users say, each field as source 004 has it."""

import json
from typing import Any

import pytest

from core.series import Series
from storage.access.access_keys import READER, SUBSCRIBER
from storage.accounts.accounts import NewAccount
from storage.stores import Stores
from tests.integration.api.conftest import Api
from tests.integration.api.robots.shape_text import Shape
from tests.integration.api.signals.conftest import GOLD, keep, keep_phase, keep_range, said
from tests.route_table import described_as

pytestmark = pytest.mark.clock
PHASE = "accumulation|manipulation|distribution|none"
MODEL = "{name:str, id:str, trained_at:str, data_hash:str, model_hash:str}"
INPUT = "{last_time:iso, candles:int, gaps:[[iso]], newest:bool, stale:bool, thin:bool}"
SKILL = "value:float|null, low:float|null, high:float|null, verdict:str, baseline:str"
RANGE = """horizon:str, delta_high:float, delta_low:float, confidence_high:float,
    confidence_low:float, n:int"""
SIGNAL = f"""{{signal_id:str, symbol:str, direction:long|short|none, entry_price:float,
    stop_loss:float, take_profit:float, risk_reward_ratio:float, prob_tp_first:float,
    confidence_score:float, amd_phase:{PHASE}, volatility_regime:low|medium|high|unknown,
    range_prediction:{{{RANGE}}}|null, timestamp:iso, valid_until:iso, id:str, platform:str,
    timeframe:str, rr_config:str, tradeable:bool, reason:str, prob_tp_first_baseline:float,
    outcome_probabilities:{{take_profit:float, stop_loss:float, neither:float}},
    horizon_candles:int, exit_by:iso, expected_value_r:float, skill:{{{SKILL}, n:int}},
    costs:{{round_trip_bps:float}}, model:{MODEL}, input:{INPUT},
    ledger:{{chain:signals, seq:int, hash:str}}|null}}"""
LOOK = """{phase:str, horizon:int, n:int, effect:float, p_value:float, adjusted:float,
    passed:bool}"""
ACTIVE = f"""{{signals:[{SIGNAL}], generated_at:str, symbols_processed:[str],
    errors:[{{symbol:str, error:str, detail:str}}], abstained:[{{symbol:str, reason:str}}]}}"""
AMD = f"""{{symbol:str, platform:str, timeframe:str, phase:{PHASE}, confidence:float, n:int,
    unproven:bool, start_time:iso, timestamp:iso,
    characteristics:{{range_compression:float, volume_ratio:float|null}}, signals:[str],
    strength:float, trading_bias:{{direction:long|short|none, position_size:float}},
    box:{{high:float, low:float}}|null, hypothesis:{{size:{{passed:bool, looks:[{LOOK}],
    given_volatility:[{LOOK}], volatility_regime:[{{horizon:int, n:int, effect:float,
    p_value:float}}]}}, direction:{{passed:bool, looks:[{LOOK}]}}, tested_at:iso, n:int,
    level:float, reason:str|null}}, parameters:{{lookback:int, box:int, compressed:float,
    pierce:float, beyond:float, sweep_lasts:int, quiet:float, busy:float}},
    phases:[{{phase:{PHASE}, start_time:iso, last_time:iso}}], input:{INPUT},
    folded_from:str|null}}"""
SHAPES = {
    "GET /api/signals/active": ACTIVE,
    "GET /api/ml/signals/active": ACTIVE,
    "POST /generate/signal": SIGNAL,
    "POST /predict/range": f"""[{{{RANGE}, horizon_candles:int, current_price:float,
        median_high:float, median_low:float, interval:{{*:[float]}}, coverage:{{*:float}},
        skill:{{{SKILL}}}, baseline:str, timestamp:iso, expires_at:iso, model:{MODEL},
        input:{INPUT}}}]""",
    "POST /api/amd/{symbol}": AMD,
    "POST /api/ml/amd/{symbol}": AMD,
}
# What the source itself shows, as it shows it: each name with a value of the same type is there.
SOURCE_SIGNAL = """{"signal_id": "SIG-A1B2C3D4", "symbol": "XAUUSD", "direction": "long",
    "entry_price": 2350.5, "stop_loss": 2345.5, "take_profit": 2360.5, "risk_reward_ratio": 2.0,
    "prob_tp_first": 0.62, "confidence_score": 0.72, "amd_phase": "accumulation",
    "volatility_regime": "medium", "range_prediction": {"horizon": "15m", "delta_high": 12.5,
    "delta_low": 8.3, "confidence_high": 0.72, "confidence_low": 0.68},
    "timestamp": "2025-12-08T12:00:00Z", "valid_until": "2025-12-08T12:15:00Z"}"""
EXAMPLES = {
    "GET /api/signals/active": f"""{{"signals": [{SOURCE_SIGNAL}],
        "generated_at": "2025-12-08T12:00:00Z", "symbols_processed": ["XAUUSD"], "errors": []}}""",
    "POST /generate/signal": SOURCE_SIGNAL,
    "POST /predict/range": """[{"horizon": "15m", "delta_high": 12.5, "delta_low": 8.3,
        "confidence_high": 0.72, "confidence_low": 0.68}]""",
    "POST /api/amd/{symbol}": """{"phase": "accumulation", "confidence": 0.72,
        "start_time": "2025-12-08T11:00:00Z", "characteristics": {"range_compression": 0.65,
        "volume_ratio": 0.8}, "signals": ["range_compression"], "strength": 0.68,
        "trading_bias": {"direction": "long", "position_size": 0.7}}""",
}
ERROR = "{error:str, detail:str, timestamp:str, request_id:str}"


async def ask(api: Api, route: str, **more: Any) -> Any:
    """Call a route of gold and return what it answers."""
    method, path = route.split()
    answer = await api(method, path.format(symbol="XAUUSD"), **more)
    assert answer.status_code == 200, answer.text
    assert list(Shape.parse(SHAPES[route]).problems(answer.json)) == []
    return answer.json


async def test_every_answer_has_every_field_of_the_source_and_is_documented_so(
    api: Api, stores: Stores, gold: Series
) -> None:
    keep(stores, said())
    keep_range(stores, 1)
    keep_phase(stores)
    bodies = {
        "POST /generate/signal": {"json": {"symbol": "XAUUSD"}},
        "POST /predict/range": {"json": {"symbol": "XAUUSD", "horizons": [1]}},
    }
    document = (await api("GET", "/openapi.json")).json
    parts = document["components"]["schemas"]
    assert set(SHAPES) == described_as("engine", document)
    for route, shape in SHAPES.items():
        found = await ask(api, route, **bodies.get(route, {}))
        shown = json.loads(EXAMPLES.get(route, "{}"))
        assert list(_unlike(shown, found)) == []
        method, template = route.split()
        described = document["paths"][template][method.lower()]["responses"]
        schema = described["200"]["content"]["application/json"]["schema"]
        assert list(Shape.parse(shape).schema_problems(schema, parts)) == []
        assert "400" in described


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
    elif type(shown) is not type(found):
        yield f"{path}: {found!r} is not like {shown!r}"


async def test_a_signal_says_what_follows_from_its_chances(
    api: Api, stores: Stores, gold: Series
) -> None:
    keep(stores, said())
    found = await ask(api, "POST /generate/signal", json={"symbol": "xau/usd"})
    assert (found["signal_id"], found["symbol"]) == ("SIG-0A1B2C3D", "xau/usd")
    assert (found["direction"], found["tradeable"]) == ("long", True)
    assert (found["risk_reward_ratio"], found["confidence_score"]) == (2, pytest.approx(0.75))
    assert found["expected_value_r"] == pytest.approx(0.2985, abs=1e-4)
    assert found["outcome_probabilities"]["neither"] == pytest.approx(0.3)
    assert found["range_prediction"]["horizon"] == "15m"


async def test_active_signals_name_what_abstains_and_what_is_wrong_with_each_symbol(
    api: Api, stores: Stores, gold: Series
) -> None:
    euro = Series("file", "EURUSD", 900)
    stores.candles.write(euro, stores.candles.read(gold))
    keep(stores, said(kind="hold"))
    found = await ask(api, "GET /api/signals/active", params={"symbols": "XAUUSD,EURUSD,XAUUSX"})
    assert found["symbols_processed"] == ["XAUUSD", "EURUSD", "XAUUSX"]
    assert (found["signals"], [one["symbol"] for one in found["abstained"]]) == ([], ["XAUUSD"])
    faults = {one["symbol"]: one["error"] for one in found["errors"]}
    assert faults == {"EURUSD": "model_unavailable", "XAUUSX": "not_found"}
    assert "XAUUSD" in found["errors"][1]["detail"]
    # Without a list, as a browser sends it, what is watched is meant.
    for params in ({"symbols": "undefined", "include": "all"}, {"include": "all"}):
        everything = await ask(api, "GET /api/signals/active", params=params)
        assert everything["symbols_processed"] == ["XAUUSD"]
        assert [one["direction"] for one in everything["signals"]] == ["none"]
    nothing = await ask(api, "GET /api/signals/active", params={"timeframe": "4h"})
    assert (nothing["symbols_processed"], nothing["errors"]) == ([], [])


async def test_a_signal_is_tradeable_until_the_next_candle_closes(
    api: Api, stores: Stores, gold: Series
) -> None:
    keep(stores, said(valid_until="2025-11-20T12:15:00Z"))
    found = await ask(api, "GET /api/signals/active")
    assert (found["signals"], len(found["abstained"])) == ([], 1)


async def test_every_configuration_of_exits_has_a_model_of_its_own(
    api: Api, stores: Stores, gold: Series
) -> None:
    keep(stores, said(rr_config="rr_3_1"), "rr_3_1")
    params = {"rr_config": "rr_3_1"}
    found = await ask(api, "POST /generate/signal", params=params, json={"symbol": "XAUUSD"})
    assert found["rr_config"] == "rr_3_1"
    for other in ("rr_2_1", "rr_1_1", "rr_20_20"):
        answer = await api(
            "POST", "/generate/signal", params={"rr_config": other}, json={"symbol": "XAUUSD"}
        )
        assert (answer.status_code, answer.json["error"]) == (503, "model_unavailable")
        assert "POST /api/v1/models/train" in answer.json["detail"]


WRONG: list[tuple[str, dict[str, Any], int]] = [
    ("GET /api/signals/active", {"params": {"rr_config": "rr_0_1"}}, 400),
    ("GET /api/signals/active", {"params": {"timeframe": "7m"}}, 400),
    ("GET /api/signals/active", {"params": {"include": "some"}}, 400),
    ("GET /api/signals/active", {"params": {"symbols": ",".join(map(str, range(51)))}}, 400),
    ("POST /generate/signal", {"json": {}}, 400),
    ("POST /generate/signal", {"json": {"symbol": "XAUUSD", "timeframe": "17m"}}, 400),
    ("POST /generate/signal", {"json": {"symbol": "XAUUSD", "more": 1}}, 400),
    ("POST /generate/signal", {"json": {"symbol": "XAUUSX"}}, 404),
    ("POST /generate/signal", {"json": {"symbol": "XAUUSD", "timeframe": "4h"}}, 404),
    ("POST /predict/range", {"json": {"symbol": "XAUUSD", "horizons": [97]}}, 400),
    ("POST /predict/range", {"json": {"symbol": "XAUUSD"}}, 503),
    ("POST /predict/range", {"json": {"symbol": "NOTHING"}}, 404),
    ("POST /api/amd/XAUUSD", {"params": {"lookback_periods": 49}}, 400),
    ("POST /api/amd/XAUUSD", {"params": {"lookback_periods": "many"}}, 400),
    ("POST /api/amd/XAUUSD", {"params": {"timeframe": "5m"}}, 404),
    ("POST /api/ml/amd/XAUUSX", {}, 404),
]


async def test_what_is_wrong_is_refused_with_its_reason(api: Api, gold: Series) -> None:
    for route, more, status in WRONG:
        method, path = route.split()
        answer = await api(method, path, **more)
        assert answer.status_code == status, (route, more, answer.text)
        assert list(Shape.parse(ERROR).problems(answer.json)) == []


async def test_a_range_without_a_measured_confidence_is_not_served(
    api: Api, stores: Stores, gold: Series
) -> None:
    keep_range(stores, 4, ahead=None)
    answer = await api("POST", "/predict/range", json={"symbol": "XAUUSD", "horizons": [4]})
    assert (answer.status_code, answer.json["error"]) == (503, "model_unavailable")
    keep_range(stores, 16)
    found = await ask(api, "POST /predict/range", json={"symbol": "XAUUSD", "horizons": [16]})
    assert [one["horizon"] for one in found] == ["4h"]


async def test_a_plan_shows_what_is_in_it_and_readers_may_compute(
    api: Api, stores: Stores, gold: Series
) -> None:
    keep(stores, said())
    keep_phase(stores)
    # A basic plan has gold by the hour, and no quarters.
    account = stores.accounts.create(NewAccount(user_name="João"), "basic")
    robot = {"X-API-Key": stores.keys.create(SUBSCRIBER, "x", account_id=account.id)[0]}
    reader = {"X-API-Key": stores.keys.create(READER, "x")[0]}
    for headers, status in ((robot, 403), (reader, 200)):
        for path, body in (("/generate/signal", {"symbol": "XAUUSD"}), ("/api/amd/XAUUSD", None)):
            answer = await api("POST", path, json=body, headers=headers)
            assert answer.status_code == status, answer.text
    named = await ask(api, "GET /api/signals/active", params={"symbols": "XAUUSD"}, headers=robot)
    assert [one["error"] for one in named["errors"]] == ["not_in_plan"]
    unnamed = await ask(api, "GET /api/signals/active", headers=robot)
    assert unnamed["symbols_processed"] == []
    # A second key of the account is no second budget.
    second = {"X-API-Key": stores.keys.create(SUBSCRIBER, "y", account_id=account.id)[0]}
    answer = await api("GET", "/api/signals/active", headers=second)
    assert answer.headers["X-RateLimit-Remaining"] == "95"
    assert GOLD.symbol in {
        one["symbol"]
        for one in (await ask(api, "GET /api/signals/active", headers=reader))["signals"]
    }
