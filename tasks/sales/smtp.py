"""A mail handed to the server that takes it."""

import re
import smtplib
import ssl
from email.message import EmailMessage

from core.mail.mails import SmtpServer

TIMEOUT_S = 10
_ENHANCED = re.compile(rb"\A[245]\.\d{1,3}\.\d{1,3}")


class MailRefused(Exception):
    """A mail was not taken; `final`: and never will be. `away`: nor would be any other now."""

    def __init__(self, why: str, *, final: bool = False, away: bool = False) -> None:
        super().__init__(why)
        self.why = why
        self.final = final
        self.away = away


def deliver(server: SmtpServer, message: EmailMessage) -> None:
    """Hand in a mail to one recipient; raises `MailRefused`.

    The way there is encrypted, or ends on this machine. Of what a server says against
    a mail only the codes are kept: it may quote the mail.
    """
    try:
        with _connect(server) as smtp:
            if server.user:
                smtp.login(server.user, server.password)
            smtp.send_message(message)
    except smtplib.SMTPRecipientsRefused as error:
        code, text = next(iter(error.recipients.values()))
        raise MailRefused(_said(code, text), final=code >= 500) from None
    except smtplib.SMTPAuthenticationError as error:
        raise MailRefused(f"login: {_said(error.smtp_code, error.smtp_error)}", away=True) from None
    except smtplib.SMTPResponseException as error:
        final = error.smtp_code >= 500 and not isinstance(error, smtplib.SMTPConnectError)
        raise MailRefused(_said(error.smtp_code, error.smtp_error), final=final) from None
    except (smtplib.SMTPException, OSError) as error:
        raise MailRefused(type(error).__name__, away=True) from None


def _connect(server: SmtpServer) -> smtplib.SMTP:
    context = ssl.create_default_context()
    if server.tls:
        return smtplib.SMTP_SSL(server.host, server.port, timeout=TIMEOUT_S, context=context)
    smtp = smtplib.SMTP(server.host, server.port, timeout=TIMEOUT_S)
    if server.may_be_plain:
        return smtp
    try:
        # Raises `SMTPNotSupportedError` where it is not offered: nothing goes in clear.
        smtp.starttls(context=context)
    except BaseException:
        smtp.close()
        raise
    return smtp


def _said(code: int, text: bytes | str) -> str:
    raw = text if isinstance(text, bytes) else text.encode()
    enhanced = _ENHANCED.match(raw.strip())
    return f"{code} {enhanced[0].decode()}" if enhanced else str(code)
