"""An application that sells: secrets, products, an admin secret."""

from collections.abc import Callable

import pytest

from api.app import Application, create_app
from core.payments.products import Product
from core.settings import Settings
from storage.stores import Stores
from storage.trades.stream_stores import open_stream_stores
from tasks.celery_app import make_celery
from tasks.enqueue import Enqueue
from tasks.sales.apply_webhooks import WebhookApplier
from tasks.trades.enqueue_stream import EnqueueStream
from tests.payments import PRODUCT, SECRET, STRIPE_PRODUCT, STRIPE_SECRET

ADMIN_SECRET = "an admin secret of more than 32 characters"
OLD_ADMIN_SECRET = "the admin secret that was used before this one"


@pytest.fixture
def settings(redis_settings: Settings) -> Settings:
    """Settings with everything that sales need."""
    more = {
        "eduzz_secrets": f"{SECRET}, an older secret",
        "eduzz_products": {PRODUCT: Product("pro", 31), "55": Product("basic", 31)},
        "stripe_secrets": STRIPE_SECRET,
        "stripe_products": {STRIPE_PRODUCT: Product("pro", 31)},
        "admin_secret": ADMIN_SECRET,
        "admin_secret_old": OLD_ADMIN_SECRET,
        "public_url": "https://signals.example.com",
    }
    return redis_settings.model_copy(update=more)


@pytest.fixture
def applier(stores: Stores, settings: Settings) -> WebhookApplier:
    """What a worker does with the events that were taken."""
    return WebhookApplier(
        stores.webhooks, stores.purchases, stores.outbox, settings.shops, tell=True
    )


@pytest.fixture
def app_of(stores: Stores, enqueue: Enqueue) -> Callable[[Settings], Application]:
    """What makes an application of other settings."""

    def make(settings: Settings) -> Application:
        stream = open_stream_stores(settings, stores.redis)
        sender = EnqueueStream(make_celery(settings.broker_address), stream.intake)
        return create_app(stores, stream, enqueue, sender, settings)

    return make
