"""Tell the operator of what needs a look."""

from core.clock.times import format_time, now_ms
from core.mail.mails import MailKind
from storage.mail.outbox import OPERATOR, Outbox


def alarm(outbox: Outbox, about: str, *, state: str, provider: str, event: str) -> bool:
    """Queue a mail, once a day about the same: what is set wrong is wrong for every sale."""
    facts = {"state": state, "provider": provider, "event": event}
    day = format_time(now_ms())[:10]
    return outbox.add(OPERATOR, MailKind.ADMIN_ALARM, f"{about} {day}", facts)
