"""Tell subscribers that a plan ends, or has ended."""

from core.mail.mails import MailKind, said_time
from core.payments.entitled import DAY_MS
from core.payments.events import PAYING
from core.robots.accounts import Account
from storage.accounts.accounts import AccountStore
from storage.mail.outbox import Outbox

# Days before the end at which somebody is told, the last warning first.
NOTICES = (1, 7)


def remind(accounts: AccountStore, outbox: Outbox, now: int) -> int:
    """Queue the mails that are due at `now` (epoch ms), each once; returns how many."""
    ending = accounts.ending(now - DAY_MS, now + max(NOTICES) * DAY_MS)
    return sum(_remind(account, outbox, now) for account in ending if account.email)


def _remind(account: Account, outbox: Outbox, now: int) -> bool:
    if account.closed_at is not None:
        return False
    if account.tier(now) is None:
        ended = account.ended_at(now)
        if ended is None or ended < now - DAY_MS:
            return False
        facts = {"ends": said_time(ended)}
        return outbox.add(account.id, MailKind.ENDED, str(ended), facts)
    until = account.active_until(now)
    days = _notice(account, until, now)
    if until is None or days is None:
        return False
    about = f"{until} {days}"
    return outbox.add(account.id, MailKind.EXPIRING, about, {"ends": said_time(until)})


def _notice(account: Account, until: int | None, now: int) -> int | None:
    """Return how many days before the end it is time to speak, None if it is not."""
    if until is None:
        return None
    last = [one for one in account.entitlements if one.holds(now) and one.ends_at == until]
    if any(one.state in PAYING for one in last):
        return None
    days = next((days for days in NOTICES if until - now <= days * DAY_MS), None)
    # A plan of a week need not begin with the news that it ends in one.
    fresh = all(now - one.starts_at < DAY_MS for one in last)
    return None if days is None or fresh else days
