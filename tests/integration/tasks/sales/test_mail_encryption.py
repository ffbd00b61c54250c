"""Mails go encrypted, and only to a server whose certificate is trusted and its own."""

from pathlib import Path

import pytest

from core.clock.times import now_ms
from core.mail.mails import MailKind
from storage.stores import Stores
from tasks.sales import smtp
from tests.integration.tasks.sales.conftest import Post, buyer
from tests.smtp_servers import Inbox, make_certificate, smtp_server

pytestmark = pytest.mark.parametrize("tls", [True, False], ids=["smtps", "starttls"])


@pytest.fixture(autouse=True)
def _anywhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Take the test's server for one elsewhere, and trust what a certificate of it says."""
    monkeypatch.setattr("core.mail.mails.is_loopback", lambda host: False)
    monkeypatch.setattr(smtp, "TIMEOUT_S", 2)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "localhost.pem"))


def test_a_mail_is_handed_over_encrypted(
    stores: Stores, inbox: Inbox, tmp_path: Path, tls: bool
) -> None:
    with smtp_server(inbox, make_certificate(tmp_path), tls=tls) as server:
        post = Post(stores, server)
        post.outbox.add(buyer(stores.accounts).id, MailKind.CLAIM, "first key")
        assert post.sender.run() == 1
    assert len(inbox.mails) == 1
    assert all(inbox.ciphers)


@pytest.mark.parametrize("fault", ["unknown issuer", "another host", "out of date"])
def test_a_certificate_that_is_not_good_is_refused_before_anything_is_said(
    stores: Stores,
    inbox: Inbox,
    tmp_path: Path,
    tls: bool,
    fault: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    host = "mail.example" if fault == "another host" else "localhost"
    certificate = make_certificate(tmp_path, host, days=-1 if fault == "out of date" else 1)
    trusted = certificate.certificate
    if fault == "unknown issuer":
        (tmp_path / "other").mkdir()
        trusted = make_certificate(tmp_path / "other").certificate
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    with smtp_server(inbox, certificate, tls=tls) as server:
        post = Post(stores, server)
        post.outbox.add(buyer(stores.accounts).id, MailKind.CLAIM, "first key")
        assert post.sender.run() == 0
    assert inbox.raw == []
    assert (post.mail().state, post.mail().error) == ("waiting", "SSLCertVerificationError")


@pytest.mark.parametrize(
    ("answer", "state", "error"),
    [
        ("451 4.3.0 later", "waiting", "451 4.3.0"),
        ("554 5.7.1 no", "failed", "554 5.7.1"),
        ("hang", "waiting", "SMTPServerDisconnected"),
        ("drop", "waiting", "SMTPServerDisconnected"),
    ],
)
def test_what_goes_wrong_after_the_data_is_told_and_the_mail_goes_once_it_is_taken(
    stores: Stores,
    inbox: Inbox,
    tmp_path: Path,
    tls: bool,
    answer: str,
    state: str,
    error: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(smtp, "TIMEOUT_S", 0.5)
    inbox.answer = answer
    with smtp_server(inbox, make_certificate(tmp_path), tls=tls) as server:
        post = Post(stores, server)
        post.outbox.add(buyer(stores.accounts).id, MailKind.CLAIM, "first key")
        assert post.sender.run() == 0
        assert post.mail().state == state
        assert error in (post.mail().error or "")
        inbox.answer, post.now = "250 OK", now_ms() + 120_000
        assert post.sender.run() == (1 if state == "waiting" else 0)
