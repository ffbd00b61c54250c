"""Mail servers for tests, really listening: one that takes mails, and ways not to."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from core.mail.mails import SmtpServer


class Inbox:
    """Takes mails and keeps them, or answers the end of each with `answer`."""

    def __init__(self, answer: str = "250 OK") -> None:
        self.answer = answer
        self.raw: list[bytes] = []
        self.to: list[str] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Take a mail."""
        if self.answer == "drop":
            self.raw.append(envelope.original_content or b"")
            assert server.transport is not None
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


@contextmanager
def smtp_server(inbox: Inbox) -> Iterator[SmtpServer]:
    """Run a server on loopback, on a port of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(inbox, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield SmtpServer("127.0.0.1", port, tls=False)
    finally:
        controller.stop()
