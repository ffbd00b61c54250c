"""A buyer's way on a running server: paid, mailed, claimed, in; and nothing lies about."""

import re
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

from bench.running_tickcast import RunningTickcast
from core.clock.times import now_ms
from tests.e2e.conftest import wait_for
from tests.e2e.service.conftest import ADMIN_SECRET
from tests.payments import DAY, SECRET, eduzz, eduzz_contract, sign
from tests.smtp_servers import Inbox

TOKEN = re.compile(r"/app/claim#([\w-]{43})")


def token_of(inbox: Inbox, number: int) -> str:
    """Return the token of the mail of a number, from 0 on."""
    body = inbox.mails[number].get_body(("plain",))
    assert body is not None
    found = TOKEN.search(body.get_content())
    assert found is not None
    return found[1]


def test_from_payment_to_scan_within_a_minute_and_nothing_lies_about(
    service: RunningTickcast, inbox: Inbox
) -> None:
    began = time.monotonic()
    now = now_ms()
    body = eduzz("contract_updated", eduzz_contract("upToDate", now, next_due=now + 31 * DAY))
    with httpx.Client(base_url=service.url, timeout=30) as http:
        signed = {"x-signature": sign(body)}
        assert http.post("/webhooks/eduzz", content=body, headers=signed).status_code == 200
        wait_for(lambda: inbox.raw, what="the mail")
        token = token_of(inbox, 0)
        for _ in range(20):
            assert http.get("/app/claim").status_code == 200
        claimed = http.post("/account/claim", json={"token": token}).raise_for_status().json()
        plain = claimed["api_key"]
        scan = http.get("/api/scan", headers={"X-API-Key": plain}).raise_for_status()
        assert scan.json()["plan_tier"] == "pro"
        assert time.monotonic() - began < 60
        assert http.post("/account/claim", json={"token": token}).status_code == 409

        replaced = http.post("/api/account/regenerate-key", headers={"X-API-Key": plain})
        second = replaced.raise_for_status().json()["api_key"]
        asked = http.post("/account/claim/resend", json={"email": "ana@example.com"})
        assert asked.status_code == 202
        wait_for(lambda: len(inbox.raw) == 3, what="the mails")
        links = [n for n, mail in enumerate(inbox.mails) if TOKEN.search(mail.as_string())]
        recover = token_of(inbox, links[-1])
        third = http.post("/account/claim", json={"token": recover}).raise_for_status().json()
        assert http.get("/api/scan", headers={"X-API-Key": second}).status_code == 401
        listed = http.get("/admin/keys", headers={"X-Admin-Secret": ADMIN_SECRET})
        assert listed.json()["total"] == 3

    keys = [plain, second, third["api_key"]]
    mails = b"".join(inbox.raw)
    assert not [key for key in keys if key.encode() in mails.replace(b"=\r\n", b"")]
    secrets = [*keys, token, recover, SECRET, ADMIN_SECRET]
    assert list(_holding(service, secrets)) == []


def _holding(service: RunningTickcast, secrets: list[str]) -> Iterator[tuple[Path, str]]:
    """Yield files of the data folder, Redis's and SQL's too, and the log, that hold a secret."""
    files = [path for path in service.data_dir.rglob("*") if path.is_file()]
    assert {"tickcast.sqlite3"} <= {path.name for path in files}
    assert any(path.suffix == ".aof" for path in files)
    for path in (*files, service.log):
        content = path.read_bytes()
        yield from ((path, secret) for secret in secrets if secret.encode() in content)
