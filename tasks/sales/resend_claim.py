"""Queue another link for somebody who asked for one."""

from core.clock.times import now_ms
from core.mail.mails import MailKind
from storage.access.access_keys import AccessKeyStore
from storage.accounts.accounts import AccountStore
from storage.mail.outbox import Outbox

# Links of an account an hour, however often somebody asks.
AN_HOUR, HOUR_MS = 3, 3_600_000


def resend_claim(
    accounts: AccountStore, keys: AccessKeyStore, outbox: Outbox, email: str, asked_at: int
) -> bool:
    """Queue a link to a first key, or one that replaces all, for an address with an account.

    Who has no active plan gets none, and nobody more than three an hour.
    """
    account = accounts.find(email)
    if account is None or account.tier(now_ms()) is None:
        return False
    if outbox.links_since(account.id, now_ms() - HOUR_MS) >= AN_HOUR:
        return False
    kind = MailKind.RECOVER if keys.of_account(account.id) else MailKind.CLAIM
    return outbox.add(account.id, kind, f"asked {asked_at}")
