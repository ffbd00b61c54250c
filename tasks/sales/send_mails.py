"""Send the mails that wait in the outbox."""

import logging
from collections.abc import Callable
from email.message import EmailMessage
from typing import NamedTuple

from core.clock.times import now_ms
from core.mail.mails import CLAIM_PAGE, MailKind, SmtpServer
from core.robots.accounts import Account
from storage.accounts.accounts import AccountStore
from storage.mail.claims import ClaimStore, Purpose
from storage.mail.outbox import OPERATOR, Mail, MailState, Outbox
from tasks.sales.alarm import alarm
from tasks.sales.letters import compose
from tasks.sales.smtp import MailRefused, deliver

logger = logging.getLogger(__name__)

# While a server is away the others need not be tried one by one.
PAUSE_MS = 60_000
_LINKS = {MailKind.CLAIM: Purpose.CLAIM, MailKind.RECOVER: Purpose.RECOVER}


class Postbox(NamedTuple):
    """Where mails are handed in, who sends them, and where their links lead."""

    server: SmtpServer
    sender: str
    operator: str
    public_url: str


class MailSender:
    """Sends what is due. A token is made as its mail is sent, and is in nothing but the mail."""

    def __init__(
        self,
        outbox: Outbox,
        accounts: AccountStore,
        claims: ClaimStore,
        postbox: Postbox,
        hand_in: Callable[[SmtpServer, EmailMessage], None] = deliver,
    ) -> None:
        self._outbox = outbox
        self._accounts = accounts
        self._claims = claims
        self._postbox = postbox
        self._hand_in = hand_in

    def run(self) -> int:
        """Send what is due; returns how many were taken."""
        sent = 0
        while mail := self._outbox.lease():
            try:
                sent += self._send(mail)
            except MailRefused as refused:
                state = self._outbox.refused(mail, refused.why, final=refused.final)
                logger.warning("mail %d (%s): %s, %s", mail.id, mail.kind, refused.why, state)
                if state is MailState.FAILED:
                    self._alarm(mail)
                if refused.away:
                    self._outbox.pause(now_ms() + PAUSE_MS)
        return sent

    def _send(self, mail: Mail) -> bool:
        account = None if mail.account_id == OPERATOR else self._accounts.get(mail.account_id)
        recipient = self._recipient(mail, account)
        if not recipient:
            raise MailRefused("no address", final=True)
        facts = {name: str(value) for name, value in mail.facts.items()}
        facts |= self._facts(mail, account)
        locale = account.locale if account else "en"
        message = compose(mail.kind, locale, facts, self._postbox.sender, recipient)
        self._hand_in(self._postbox.server, message)
        self._outbox.sent(mail)
        return True

    def _recipient(self, mail: Mail, account: Account | None) -> str:
        if account is None:
            return self._postbox.operator
        # An address that was changed is told so, too: it is in the mail's facts.
        return str(mail.facts.get("to") or account.email or "")

    def _facts(self, mail: Mail, account: Account | None) -> dict[str, str]:
        if account is None:
            return {}
        facts = {"name": account.user_name, "plan": account.tier(now_ms()) or "-"}
        base, purpose = self._postbox.public_url, _LINKS.get(mail.kind)
        made = self._claims.make(account.id, purpose) if purpose else None
        return facts | {"link": made.url(base) if made else base + CLAIM_PAGE}

    def _alarm(self, mail: Mail) -> None:
        if mail.account_id == OPERATOR or not self._postbox.operator:
            return
        about, state = "mails failed", MailState.FAILED
        alarm(self._outbox, about, state=state, provider="mail", event=str(mail.id))
