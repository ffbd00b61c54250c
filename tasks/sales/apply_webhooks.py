"""Apply the events that payment providers sent, each once."""

import logging
from collections.abc import Mapping

from core.errors import RequestError, Unavailable
from core.payments.events import UnreadableEvent
from core.payments.shops import Shop
from storage.mail.outbox import Outbox
from storage.sales.purchases import Purchases
from storage.sales.webhooks import WebhookEvent, WebhookState, WebhookStore
from tasks.sales.alarm import alarm

logger = logging.getLogger(__name__)

# A fault of ours may be mended by a restart; after so many attempts a person has to look.
MOST_ATTEMPTS = 5
_WORRYING = (WebhookState.UNMATCHED, WebhookState.FAILED)


class WebhookApplier:
    """Applies what waits; whatever ends it, an event is applied wholly or waits still."""

    def __init__(
        self,
        webhooks: WebhookStore,
        purchases: Purchases,
        outbox: Outbox,
        shops: Mapping[str, Shop],
        *,
        tell: bool,
    ) -> None:
        """`tell`: the operator has an address, and is told of what needs a look."""
        self._webhooks = webhooks
        self._purchases = purchases
        self._outbox = outbox
        self._shops = shops
        self._tell = tell

    def run(self) -> int:
        """Apply all events that wait; returns how many."""
        applied = 0
        while waiting := self._webhooks.waiting():
            states = [self._apply(event) for event in waiting]
            applied += len(states)
            if WebhookState.ACCEPTED in states:
                break
        return applied

    def _apply(self, event: WebhookEvent) -> WebhookState:
        shop = self._shops.get(event.provider)
        try:
            if shop is None or event.body is None:
                state = self._fail(event, f"No secret of {event.provider} is set any more.")
            else:
                said = shop.provider.read(event.body.encode(), shop.producer)
                state = self._purchases.apply(event, said, shop.products, shop.locale)
        except Unavailable:
            raise
        except (RequestError, UnreadableEvent) as error:
            state = self._fail(event, error.detail)
        except Exception as error:
            logger.exception("event %s of %s", event.event_id, event.provider)
            state = self._again(event, type(error).__name__)
        if state in _WORRYING and self._tell:
            self._alarm(event, state)
        return state

    def _fail(self, event: WebhookEvent, why: str) -> WebhookState:
        self._webhooks.note(event, WebhookState.FAILED, why[:500])
        return WebhookState.FAILED

    def _again(self, event: WebhookEvent, why: str) -> WebhookState:
        last = event.attempts + 1 >= MOST_ATTEMPTS
        state = WebhookState.FAILED if last else WebhookState.ACCEPTED
        self._webhooks.note(event, state, f"A fault of ours: {why}; see the log.")
        return state

    def _alarm(self, event: WebhookEvent, state: WebhookState) -> None:
        provider, about = event.provider, f"webhooks {event.provider} {state}"
        alarm(self._outbox, about, state=state, provider=provider, event=event.event_id)
