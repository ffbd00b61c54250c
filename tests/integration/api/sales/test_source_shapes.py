"""Every field of source 002's routes for buyers, accounts, the record and the operator.

As for robots (tests/integration/api/robots/test_source_shapes.py): shapes as text, against which
what is documented and what is answered are held.
"""

from typing import Any

import msgspec
import pytest

from core.answers.record import CALIBRATED_DAYS, CALIBRATION, PERFORMANCE, RecordScope
from core.clock.times import format_time, now_ms
from storage.ledger.signal_rows import SignalOutcome
from storage.stores import Stores
from tasks.record.compute_record import compute_record
from tasks.record.join_executions import join_executions
from tasks.sales.apply_webhooks import WebhookApplier
from tests.integration.api.conftest import Api
from tests.integration.api.robots.conftest import GOLD, Seal, seal
from tests.integration.api.robots.shape_text import Shape
from tests.integration.api.robots.test_source_shapes import report
from tests.integration.api.sales.conftest import ADMIN_SECRET
from tests.made_runs import enter_run, run
from tests.payments import DAY, eduzz, eduzz_contract, sign

__all__ = ["seal"]
pytestmark = pytest.mark.clock
EA = "_ea_config:{InpApiUrl:str, InpApiKey:str}"
VERDICT = "skilled|unproven|negligible|no_skill"
SIGNALS = f"""{{n:int, n_directional:int, n_missed:int, coverage:float|null, n_resolved:int,
    win_rate:float|null, win_rate_low:float|null, win_rate_high:float|null,
    profit_factor:float|null, profit_factor_low:float|null, profit_factor_high:float|null,
    expectancy_r:float|null, expectancy_r_low:float|null, expectancy_r_high:float|null,
    expectancy_bps:float|null, max_drawdown_r:float, open_r:float, worst_open_r:float,
    sharpe_daily:float|null, sharpe_low:float|null, sharpe_high:float|null,
    versus_hold_bps:float|null, random_entry_percentile:float|null, p_value:float,
    p_value_holm:float, verdict:{VERDICT}, n_not_entered:int, n_open:int,
    versus_prior:float|null, versus_prior_low:float|null, versus_prior_high:float|null}}|null"""
COPIED = """{n:int, subscribers:int, pf:float|null, win_rate:float|null, expectancy_r:float|null,
    slippage_bps_p50:float|null, slippage_bps_p90:float|null, delay_s_p50:float|null,
    delay_s_p90:float|null, copied_pct:float|null, skipped:{*:int}, gap_r:float|null}|null"""
OF_CLASS = """n:int, ece:float|null, ece_low:float|null, ece_high:float|null, brier:float|null,
    brier_prior:float|null, skill:float|null, skill_low:float|null, skill_high:float|null,
    bins:[{n:int, mean_probability:float, frequency:float, low:float, high:float}]"""
CALIBRATED = f"{{{OF_CLASS}, classes:{{*:{{{OF_CLASS}}}}}}}|null"
MONEY = "n_closed:int, profit_factor:float|null, total_pnl:float, gross_profit:float"
KEY = """{key_id:int, user_name:str, email:str|null, plan_tier:str|null, api_key_hint:str,
    active:bool, created_at:iso, expires_at:iso|null, revoked_at:iso|null, last_seen_at:iso|null,
    source:str|null, notes:str, account_id:int}"""
ACCOUNT = """{account_id:int, user_name:str, email:str|null, locale:str, plan_tier:str|null,
    expires_at:iso|null, symbols_allowed:[str]|null, tfs_allowed:[str]|null,
    rate_limit_per_min:int, notes:str, created_at:iso, closed_at:iso|null, last_seen_at:iso|null,
    plans:[{source:str, source_ref:str, plan_tier:str, starts_at:iso, ends_at:iso|null,
    state:str}]}"""
EVENT = """{provider:str, event_id:str, name:str, sent_at:iso, received_at:iso, state:str,
    error:str|null, attempts:int, account_id:int|null, digest:str}"""
SHAPES = {
    "POST /webhooks/{provider}": "{ok:bool, event_id:str, status:accepted|duplicate|ignored}",
    "POST /account/claim": f"""{{ok:bool, key_id:int, api_key:str, plan_tier:str|null,
        expires_at:iso|null, {EA}}}""",
    "POST /account/claim/resend": "{ok:bool, detail:str}",
    "GET /api/account/me": """{plan_tier:str, user_name:str, email:str|null, expires_at:iso|null,
        days_remaining:int|null, symbols_allowed:[str]|null, tfs_allowed:[str]|null,
        rate_limit_per_min:int|null, last_seen_at:iso|null,
        ea_status:{status:online|late|offline|never, label:str, online:bool,
        mins_since:float|null}, api_key_hint:str, is_owner_env:bool, created_at:iso, key_id:int,
        subscription:{state:active|past_due|cancelled|trial|manual, renews_at:iso|null}|null,
        terminals:[{server:str|null, login_hint:str|null, version:str|null, last_seen_at:iso}]}""",
    "GET /api/account/executions": f"""{{executions:[{{exec_id:int, ticket:int, symbol:str,
        timeframe:str, signal:BUY|SELL, confidence:float|null, opened_at:iso, closed_at:iso|null,
        entry_price:float, exit_price:float|null, pnl:float|null, result:str|null,
        pred_id:int|null, matched:bool, slippage_bps:float|null, delay_s:float|null,
        r:float|null, account:str|null, revisions:int, clock_suspect:bool, in_plan:bool,
        volume:float|null, closed_volume:float|null, commission:float|null, swap:float|null,
        currency:str|null, parent_ticket:int|null, reason_raw:str|null, implausible:bool}}],
        summary:{{days:int, n_total:int, n_closed:int, n_wins:int, n_losses:int,
        win_rate_pct:float|null, profit_factor:float|null, total_pnl:float|null,
        gross_profit:float|null, gross_loss:float|null, n_breakeven:int, n_open:int,
        open_pnl_estimate:float|null, currency:str|null,
        by_currency:{{*:{{{MONEY}, gross_loss:float}}}}, copy:{{n:int, n_implausible:int,
        slippage_bps_p50:float|null, slippage_bps_p90:float|null, delay_s_p50:float|null,
        delay_s_p90:float|null, n_gap:int, gap_r:float|null, gap_r_low:float|null,
        gap_r_high:float|null, open_r:float, worst_open_r:float, coverage:{{days:int,
        signals:int, copied:int, pct:float|null, skipped:{{*:int}}}}}}}}}}""",
    "POST /api/account/regenerate-key": """{ok:bool, key_id:int, api_key:str, rotated_at:iso,
        warning:str, old_key_ends_at:iso}""",
    "GET /api/performance": f"""{{days:int, as_of:iso, ledger_head:{{count:int, hash:str,
        events:int, events_hash:str}}, costs:str, totals:{{signals:{SIGNALS},
        executions:{COPIED}}}, rows:[{{symbol:str, tf_code:str, model_v:str|null,
        signals:{SIGNALS}, executions:{COPIED}, platform:str, horizon:int, retired:bool}}],
        stale:bool}}""",
    "GET /api/calibration": f"""{{as_of:iso, models:[{{symbol:str, tf_code:str, model_v:str,
        live:{CALIBRATED}, walk_forward:{CALIBRATED}, drift:bool, n_live:int, platform:str,
        horizon:int}}], stale:bool}}""",
    "POST /admin/keys": f"""{{key_id:int, api_key:str, plan_tier:str|null, {EA},
        account_id:int}}""",
    "GET /admin/keys": f"{{count:int, total:int, keys:[{KEY}]}}",
    "DELETE /admin/keys/{key_id}": "{ok:bool, key_id:int, active:bool, revoked_at:iso|null}",
    "GET /admin/accounts": f"{{count:int, total:int, accounts:[{ACCOUNT}]}}",
    "PATCH /admin/accounts/{account_id}": ACCOUNT,
    "POST /admin/accounts/{account_id}/claim-link": "{url:str, expires_at:iso}",
    "GET /admin/webhooks": f"{{count:int, counts:{{*:int}}, webhooks:[{EVENT}]}}",
    "POST /admin/webhooks/{event_id}/retry": EVENT,
    "GET /admin/mails": """{count:int, counts:{*:int}, mails:[{id:int, account_id:int, kind:str,
        state:str, attempts:int, next_try_at:iso|null, error:str|null, created_at:iso,
        sent_at:iso|null}]}""",
    "DELETE /admin/accounts/{account_id}": "{ok:bool, account_id:int, closed_at:iso|null}",
}
OTHER_CODES = {"POST /admin/keys": "201", "POST /account/claim/resend": "202"}


class Calls:
    """Calls routes and keeps what they answer, by route."""

    def __init__(self, api: Api) -> None:
        self.answers: dict[str, list[Any]] = {name: [] for name in SHAPES}
        self._api = api

    async def __call__(self, name: str, headers: dict[str, str], **more: Any) -> Any:
        """Call a route; what is no part of a request fills the path."""
        parts = {"json", "body", "params"}
        method, template = name.split()
        names = {word: value for word, value in more.items() if word not in parts}
        request = {word: value for word, value in more.items() if word in parts}
        path = template.format(**names)
        answer = await self._api.bare(method, path, headers=headers, **request)
        code = int(OTHER_CODES.get(name, "200"))
        assert answer.status_code == code, (name, answer.text)
        self.answers[name].append(answer.json)
        return answer.json


async def test_every_answer_and_its_document_have_every_field_with_its_name_place_and_type(
    api: Api, stores: Stores, seal: Seal, applier: WebhookApplier, key: str
) -> None:
    call, now = Calls(api), now_ms()
    admin, owner = {"X-Admin-Secret": ADMIN_SECRET}, {"X-API-Key": key}
    told = eduzz("contract_updated", eduzz_contract("upToDate", now, next_due=now + 31 * DAY))
    sold = {"x-signature": sign(told)}
    for _ in range(2):
        await call("POST /webhooks/{provider}", sold, provider="eduzz", body=told)
    applier.run()
    [account] = stores.accounts.list()
    link = await call("POST /admin/accounts/{account_id}/claim-link", admin, account_id=account.id)
    token = {"token": link["url"].partition("#")[2]}
    mine = {"X-API-Key": (await call("POST /account/claim", {}, json=token))["api_key"]}
    await call("POST /account/claim/resend", {}, json={"email": "ana@example.com"})

    for headers in (mine, owner):  # before anything is there
        await call("GET /api/account/me", headers)
        await call("GET /api/account/executions", headers)
    won = seal(GOLD, 2)
    seal(GOLD, 1, type="hold")
    stores.sealed.record_outcomes([SignalOutcome(won.seq, 0.2, "take_profit", "buy")])
    run_ = run(target=GOLD, scores={"direction": {"ece": 0.02, "brier": 0.5}})
    enter_run(stores.registry, run_)
    closed = report(
        pred_id=won.seq, opened_at=format_time(won.made_at + 1_123), closed_at=format_time(now),
        exit_price=1.0851, pnl=12, result="TP",
        account={"currency": "USD", "server": "X", "login": 7},
    )  # fmt: skip
    answer = await api.bare("POST", "/api/executions", json=closed, headers=mine)
    assert answer.status_code == 201, answer.text
    join_executions(stores)
    for kind, days in ((PERFORMANCE, 30), (CALIBRATION, CALIBRATED_DAYS)):
        compute_record(stores, kind, msgspec.to_builtins(RecordScope(days=days)))
    for headers in (mine, owner):
        await call("GET /api/account/me", headers)
        await call("GET /api/account/executions", headers)
        await call("GET /api/performance", headers)
        await call("GET /api/calibration", headers)
    await call("POST /api/account/regenerate-key", mine, json={"overlap_minutes": 5})

    body = {"user_name": "João", "email": "joao@example.com", "plan_tier": "basic"}
    made = await call("POST /admin/keys", admin, json=body | {"expires_at": now + DAY + 123})
    await call("DELETE /admin/keys/{key_id}", admin, key_id=made["key_id"])
    changed = {"plan_tier": "pro", "expires_at": now + DAY + 123, "email": "other@example.com"}
    number = {"account_id": made["account_id"]}
    await call("PATCH /admin/accounts/{account_id}", admin, json=changed, **number)
    for name in ("keys", "accounts", "webhooks", "mails"):
        await call(f"GET /admin/{name}", admin)
    event = call.answers["GET /admin/webhooks"][0]["webhooks"][0]["event_id"]
    await call("POST /admin/webhooks/{event_id}/retry", admin, event_id=event)
    await call("DELETE /admin/accounts/{account_id}", admin, **number)
    await call("GET /admin/accounts", admin)

    assert all(call.answers.values())
    document = (await api("GET", "/openapi.json")).json
    problems = []
    for name, text in SHAPES.items():
        shape, (method, template) = Shape.parse(text), name.split()
        problems += [f"{name} {p}" for body in call.answers[name] for p in shape.problems(body)]
        answers = document["paths"][template][method.lower()]["responses"]
        schema = answers[OTHER_CODES.get(name, "200")]["content"]["application/json"]["schema"]
        parts = document["components"]["schemas"]
        problems += [f"{name} document {p}" for p in shape.schema_problems(schema, parts)]
    assert problems == []
