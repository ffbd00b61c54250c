"""Mails reach a real server once it takes them; keys and tokens are in nothing but the mail."""

import re

import pytest
from sqlalchemy import select

from core.clock.times import now_ms
from core.mail.mails import RETRY_S, MailKind
from storage.accounts.accounts import NewAccount
from storage.mail.claims import spend
from storage.mail.mail_tables import claims
from storage.mail.outbox import OPERATOR
from storage.stores import Stores
from tasks.sales import smtp
from tests.integration.tasks.sales.conftest import Post, buyer
from tests.smtp_servers import Inbox

LINK = re.compile(r"https://signals\.example\.com/app/claim#([\w-]{43})")
FACTS = {"old": "tck_1", "at": "now", "address": "1.2.3.4", "hint": "tck_2", "ends": "soon",
         "new": "b@example.com", "state": "failed", "provider": "eduzz", "event": "e"}  # fmt: skip


def test_a_claim_mail_holds_a_link_whose_digest_alone_is_stored(
    stores: Stores, post: Post, inbox: Inbox
) -> None:
    account = buyer(stores.accounts)
    assert post.outbox.add(account.id, MailKind.CLAIM, "first key")
    assert post.sender.run() == 1
    [mail] = inbox.mails
    assert inbox.to == ["ana@example.com"]
    assert mail["From"] == "signals@example.com"
    plain = mail.get_body(("plain",))
    page = mail.get_body(("html",))
    assert plain is not None
    assert page is not None
    token = LINK.search(plain.get_content())
    assert token is not None
    assert f'href="{token[0]}"' in page.get_content()
    assert 'lang="pt"' in page.get_content()
    assert "chave" in plain.get_content()
    with stores.engine.connect() as connection:
        rows = connection.execute(select(claims)).all()
        assert token[1] not in str(rows)
    with stores.engine.begin() as connection:
        assert spend(connection, token[1], post.now).account_id == account.id
    assert post.mail().state == "sent"
    assert post.sender.run() == 0


@pytest.mark.parametrize("locale", ["en", "pt", "es"])
@pytest.mark.parametrize("kind", list(MailKind))
def test_every_kind_has_a_text_in_every_language_and_fetches_nothing(
    stores: Stores, post: Post, inbox: Inbox, kind: MailKind, locale: str
) -> None:
    whose = OPERATOR if kind is MailKind.ADMIN_ALARM else buyer(stores.accounts, locale=locale).id
    post.outbox.add(whose, kind, "x", FACTS)
    assert post.sender.run() == 1
    [mail] = inbox.mails
    text = b"".join(inbox.raw).decode()
    assert "$" not in str(mail["Subject"])
    for part in mail.walk():
        if part.get_content_maintype() == "text":
            assert "$" not in part.get_content()
    assert "<img" not in text
    assert "src=" not in text
    assert mail["Auto-Submitted"] == "auto-generated"


def test_a_mail_that_is_not_taken_for_now_is_tried_again_and_again_then_given_up(
    stores: Stores, post: Post, inbox: Inbox
) -> None:
    inbox.answer = "451 4.3.0 later"
    post.outbox.add(buyer(stores.accounts).id, MailKind.CLAIM, "first key")
    for attempt, seconds in enumerate(RETRY_S, start=1):
        assert post.sender.run() == 0
        mail = post.mail()
        assert (mail.state, mail.attempts, mail.error) == ("waiting", attempt, "451 4.3.0")
        assert mail.next_try_at == post.now + seconds * 1_000
        post.now += seconds * 1_000 - 1
        assert post.sender.run() == 0
        assert post.mail().attempts == attempt
        post.now += 1
    assert post.sender.run() == 0
    assert post.mail().state == "failed"
    inbox.answer = "250 OK"
    post.now += 60_000
    post.sender.run()
    assert [str(mail["To"]) for mail in inbox.mails] == ["boss@example.com"]


def test_a_mail_that_is_taken_later_goes_once(stores: Stores, post: Post, inbox: Inbox) -> None:
    inbox.answer = "451 later"
    post.outbox.add(buyer(stores.accounts).id, MailKind.CLAIM, "first key")
    post.sender.run()
    inbox.answer = "250 OK"
    post.now += 60_000
    assert post.sender.run() == 1
    assert len(inbox.mails) == 1


@pytest.mark.parametrize("answer", ["550 5.7.1 no", "554 no"])
def test_a_refusal_for_good_is_final_and_what_the_server_says_is_not_kept(
    stores: Stores, post: Post, inbox: Inbox, answer: str
) -> None:
    inbox.answer = f"{answer} https://signals.example.com/app/claim#secret"
    post.outbox.add(buyer(stores.accounts).id, MailKind.CLAIM, "first key")
    post.sender.run()
    mail = post.mail()
    assert (mail.state, mail.error) == ("failed", answer.removesuffix(" no"))


def test_a_recipient_who_is_not_there_is_final(stores: Stores, post: Post) -> None:
    account = buyer(stores.accounts, "nobody@example.com")
    post.outbox.add(account.id, MailKind.CLAIM, "first key")
    post.sender.run()
    assert (post.mail().state, post.mail().error) == ("failed", "550 5.1.1")


@pytest.mark.parametrize("answer", ["hang", "drop"])
def test_a_server_that_hangs_or_goes_is_left_alone_for_a_minute(
    stores: Stores, post: Post, inbox: Inbox, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    monkeypatch.setattr(smtp, "TIMEOUT_S", 0.5)
    inbox.answer = answer
    for number in range(3):
        account = buyer(stores.accounts, f"a{number}@example.com")
        post.outbox.add(account.id, MailKind.CLAIM, "first key")
    assert post.sender.run() == 0
    assert sum(mail.attempts for mail in post.outbox.list()) == 1
    inbox.answer = "250 OK"
    post.now = now_ms() + 120_000
    assert post.sender.run() == 3


def test_nothing_goes_in_clear_beyond_this_machine(
    stores: Stores, post: Post, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.mail.mails.is_loopback", lambda host: False)
    post.outbox.add(buyer(stores.accounts).id, MailKind.CLAIM, "first key")
    assert post.sender.run() == 0
    assert inbox.raw == []
    assert (post.mail().state, post.mail().error) == ("waiting", "SMTPNotSupportedError")


def test_a_name_cannot_begin_a_header_or_a_tag(stores: Stores, post: Post, inbox: Inbox) -> None:
    told = NewAccount(user_name="A\r\nBcc: x@y.example\r\n<b>", email="ana@example.com")
    account = stores.accounts.create(told, "pro")
    post.outbox.add(account.id, MailKind.CLAIM, "first key")
    assert post.sender.run() == 1
    [mail] = inbox.mails
    assert mail["Bcc"] is None
    page = mail.get_body(("html",))
    assert page is not None
    assert "<b>" not in page.get_content()


def test_at_most_three_links_of_an_account_are_good_and_the_first_use_ends_the_others(
    stores: Stores, post: Post
) -> None:
    account = buyer(stores.accounts)
    tokens = []
    for _ in range(5):
        tokens.append(post.claims.make(account.id, "claim").token)
        post.now += 1
    with stores.engine.connect() as connection:
        good = connection.execute(select(claims).where(claims.c.expires_at > post.now)).all()
    assert len(good) == 3
    with stores.engine.begin() as connection:
        assert spend(connection, tokens[-1], post.now).account_id == account.id
    with stores.engine.connect() as connection:
        live = claims.c.used_at.is_(None) & (claims.c.expires_at > post.now)
        assert connection.execute(select(claims).where(live)).all() == []
