"""Payment events and mails, for the operator."""

from collections.abc import Callable

from falcon.asgi import Request, Response
from msgspec import UNSET

from api.docs.openapi import operation
from api.http.threads import in_database_thread, in_thread
from api.robots.words import instant, iso
from api.sales.openapi_parts import ADMIN
from api.sales.schemas_admin import (
    MailShown,
    MailsQuery,
    MailsShown,
    WebhookShown,
    WebhooksQuery,
    WebhooksShown,
)
from storage.mail.outbox import Mail, MailState, Outbox
from storage.sales.webhooks import WebhookEvent, WebhookStore

# What a mail is said to wait for where nobody is set that sends it.
NO_MAIL_SERVER = "no_mail_server"


class AdminWebhooks:
    """`GET /admin/webhooks`"""

    def __init__(self, webhooks: WebhookStore) -> None:
        self._webhooks = webhooks

    @operation("admin_webhooks", "admin", {200: WebhooksShown}, errors=(422,), more=ADMIN)
    async def on_get(self, req: Request, resp: Response, query: WebhooksQuery) -> None:
        """List payment events, the newest first, without their bodies."""
        resp.media = await in_database_thread(self._list, query)

    def _list(self, query: WebhooksQuery) -> WebhooksShown:
        state = None if query.state is UNSET else query.state
        rows = self._webhooks.list(state, query.limit, query.offset)
        return WebhooksShown(len(rows), self._webhooks.counts(), [_webhook(row) for row in rows])


class AdminWebhookRetry:
    """`POST /admin/webhooks/{event_id}/retry`"""

    def __init__(self, webhooks: WebhookStore, wake: Callable[[], None]) -> None:
        self._webhooks = webhooks
        self._wake = wake

    @operation("admin_retry_webhook", "admin", {200: WebhookShown}, errors=(404, 409), more=ADMIN)
    async def on_post(self, req: Request, resp: Response, event_id: str) -> None:
        """Have an event applied again, after a product was set for instance."""
        event = await in_database_thread(self._webhooks.retry, event_id)
        await in_thread(self._wake)
        resp.media = _webhook(event)


class AdminMails:
    """`GET /admin/mails`"""

    def __init__(self, outbox: Outbox, *, sends: bool) -> None:
        self._outbox = outbox
        self._sends = sends

    @operation("admin_mails", "admin", {200: MailsShown}, errors=(422,), more=ADMIN)
    async def on_get(self, req: Request, resp: Response, query: MailsQuery) -> None:
        """List mails, the newest first: which, to whose account, and what became of them."""
        resp.media = await in_database_thread(self._list, query)

    def _list(self, query: MailsQuery) -> MailsShown:
        state = None if query.state is UNSET else query.state
        rows = self._outbox.list(state, query.limit, query.offset)
        return MailsShown(len(rows), self._outbox.counts(), [self._mail(row) for row in rows])

    def _mail(self, mail: Mail) -> MailShown:
        waits = mail.state is MailState.WAITING
        return MailShown(
            id=mail.id,
            account_id=mail.account_id,
            kind=mail.kind,
            state=NO_MAIL_SERVER if waits and not self._sends else mail.state.value,
            attempts=mail.attempts,
            next_try_at=instant(mail.next_try_at) if waits and self._sends else None,
            error=mail.error,
            created_at=instant(mail.created_at),
            sent_at=iso(mail.sent_at),
        )


def _webhook(event: WebhookEvent) -> WebhookShown:
    return WebhookShown(
        provider=event.provider,
        event_id=event.event_id,
        name=event.name,
        sent_at=instant(event.sent_at),
        received_at=instant(event.received_at),
        state=event.state.value,
        error=event.error,
        attempts=event.attempts,
        account_id=event.account_id,
        digest=event.digest,
    )
