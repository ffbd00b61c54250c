"""Senders of mails, and the servers that take them."""

from collections.abc import Iterator

import pytest

from core.clock.times import now_ms
from core.mail.mails import SmtpServer
from core.robots.accounts import Account
from storage.accounts.accounts import AccountStore, NewAccount
from storage.mail.claims import ClaimStore
from storage.mail.outbox import OPERATOR, Mail, Outbox
from storage.stores import Stores
from tasks.sales.send_mails import MailSender, Postbox
from tests.smtp_servers import Inbox, smtp_server


@pytest.fixture
def inbox() -> Inbox:
    """What the server takes."""
    return Inbox()


@pytest.fixture
def server(inbox: Inbox) -> Iterator[SmtpServer]:
    """A mail server on loopback."""
    with smtp_server(inbox) as running:
        yield running


class Post:
    """A sender of mails whose clock a test may set."""

    def __init__(self, stores: Stores, server: SmtpServer) -> None:
        self.now = now_ms()
        self.outbox = Outbox(stores.engine, lambda: self.now)
        self.claims = ClaimStore(stores.engine, lambda: self.now)
        postbox = Postbox(
            server, "signals@example.com", "boss@example.com", "https://signals.example.com"
        )
        self.sender = MailSender(self.outbox, stores.accounts, self.claims, postbox)

    def mail(self) -> Mail:
        """Return the only mail of the outbox that is not an alarm."""
        [mail] = [one for one in self.outbox.list() if one.account_id != OPERATOR]
        return mail


@pytest.fixture
def post(stores: Stores, server: SmtpServer) -> Post:
    """A sender of mails."""
    return Post(stores, server)


def buyer(accounts: AccountStore, email: str = "ana@example.com", locale: str = "pt") -> Account:
    """Make an account."""
    told = NewAccount(user_name="Ana Lima", email=email, locale=locale)
    return accounts.create(told, "pro")
