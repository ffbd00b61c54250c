"""Mail servers for tests, really listening: one that takes mails, and ways not to."""

import asyncio
import datetime
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from pathlib import Path
from typing import Any, NamedTuple

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from core.mail.mails import SmtpServer


class Inbox:
    """Takes mails and keeps them, or answers the end of each with `answer`."""

    def __init__(self, answer: str = "250 OK") -> None:
        self.answer = answer
        self.raw: list[bytes] = []
        self.to: list[str] = []
        # How each mail's way here was encrypted, None if it was not.
        self.ciphers: list[object] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Take a mail."""
        assert server.transport is not None
        self.ciphers.append(server.transport.get_extra_info("cipher"))
        if self.answer == "drop":
            self.raw.append(envelope.original_content or b"")
            server.transport.abort()
            return "250 OK"
        if self.answer == "hang":
            await asyncio.sleep(60)
        if self.answer.startswith("250"):
            self.raw.append(envelope.original_content or b"")
            self.to += envelope.rcpt_tos
        return self.answer

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any
    ) -> str:
        """Take every recipient but one who is not there."""
        if address.startswith("nobody@"):
            return f"550 5.1.1 <{address}> unknown"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    @property
    def mails(self) -> list[EmailMessage]:
        """What was taken."""
        parser = BytesParser(policy=default)
        return [parser.parsebytes(raw) for raw in self.raw]  # type: ignore[misc]


class Certificate(NamedTuple):
    """A certificate that signs itself, and its key."""

    certificate: Path
    key: Path

    def context(self) -> ssl.SSLContext:
        """Return what a server shows it with."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        return context


def make_certificate(folder: Path, host: str = "localhost", days: int = 1) -> Certificate:
    """Make a certificate of a host that is good for so many days from now, or was until then."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=9))
        .not_valid_after(now + datetime.timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    files = Certificate(folder / f"{host}.pem", folder / f"{host}.key")
    pem = serialization.Encoding.PEM
    files.certificate.write_bytes(made.public_bytes(pem))
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    files.key.write_bytes(secret)
    return files


@contextmanager
def smtp_server(
    inbox: Inbox, certificate: Certificate | None = None, *, tls: bool = False
) -> Iterator[SmtpServer]:
    """Run a server on loopback, on a port of its own.

    With a certificate it takes mails encrypted only: with `tls` from the first byte on, else
    after STARTTLS.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    more: dict[str, Any] = {}
    if certificate and tls:
        more["ssl_context"] = certificate.context()
    elif certificate:
        more |= {"tls_context": certificate.context(), "require_starttls": True}
    controller = Controller(inbox, hostname="127.0.0.1", port=port, **more)
    controller.start()
    try:
        yield SmtpServer("localhost" if certificate else "127.0.0.1", port, tls=tls)
    finally:
        controller.stop()
