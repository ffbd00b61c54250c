"""Events of payment providers: verified, stored, and applied by a worker afterwards."""

from collections.abc import Callable, Mapping

from falcon.asgi import Request, Response

from api.docs.openapi import operation
from api.http.json_text import parse_json
from api.http.request_body import read_body
from api.http.threads import Soon, in_database_thread
from api.sales.openapi_parts import WEBHOOK
from api.sales.schemas import WebhookTaken
from core.clock.times import now_ms
from core.errors import NotFound, Unauthorized
from core.payments.events import PING_ID, UnreadableEvent
from core.payments.shops import Shop
from storage.sales.webhooks import WebhookState, WebhookStore

BODY_LIMIT = 256 << 10
DUPLICATE = "duplicate"


class WebhookResource:
    """`POST /webhooks/{provider}`"""

    def __init__(
        self, shops: Mapping[str, Shop], webhooks: WebhookStore, wake: Callable[[], None]
    ) -> None:
        self._shops = shops
        self._webhooks = webhooks
        # A worker looks by itself, too: no answer waits for Redis.
        self._wake = Soon(wake)

    @operation("webhook", "sales", {200: WebhookTaken}, errors=(404,), body=True, more=WEBHOOK)
    async def on_post(self, req: Request, resp: Response, provider: str) -> None:
        """Store an event of a payment provider, signed with one of its secrets, once.

        The answer is 200 as soon as it is stored; what it changes follows within seconds.
        """
        shop = self._shops.get(provider)
        if shop is None:
            raise NotFound("No secret of this provider is set; nothing is taken from it.")
        raw = await read_body(req, BODY_LIMIT)
        if shop.provider.is_probe(raw):
            resp.media = WebhookTaken(True, PING_ID, WebhookState.IGNORED)
            return
        headers = {name.lower(): value for name, value in req.headers.items()}
        if not shop.provider.verify(headers, raw, shop.secrets, now_ms()):
            raise Unauthorized("The signature is missing, wrong or too old.")
        parse_json(raw)
        delivery = shop.provider.identify(raw)
        state = _state(shop, raw)
        stored = await in_database_thread(self._webhooks.keep, provider, delivery, raw, state)
        if stored and state is WebhookState.ACCEPTED:
            self._wake.begin()
        resp.media = WebhookTaken(True, delivery.event_id, state if stored else DUPLICATE)


def _state(shop: Shop, raw: bytes) -> WebhookState:
    """Return whether there is anything to apply; what cannot be read is for a person to see."""
    try:
        said = shop.provider.read(raw, "")
    except UnreadableEvent:
        return WebhookState.ACCEPTED
    return WebhookState.ACCEPTED if said else WebhookState.IGNORED
