"""Entry point of every api process: `gunicorn -c python:api.gunicorn_config api.main:app`."""

from api.app import create_app
from api.http.threads import refuse_while_away
from core.process.json_log import log_json
from core.process.shared_counts import process_counts
from core.settings import read_settings
from storage.redis_breaker import RedisBreaker
from storage.redis_connection import REQUEST_SECONDS
from storage.stores import open_stores
from storage.trades.stream_stores import open_stream_stores
from tasks.celery_app import make_celery
from tasks.enqueue import Enqueue
from tasks.trades.enqueue_stream import EnqueueStream

# Libraries that tell of every connection; theirs is not news.
CHATTY = ("uvicorn.access", "asyncio", "kombu", "celery", "amqp")

settings = read_settings()
log_json(settings.log_level, CHATTY)
breaker = RedisBreaker(settings.redis_address)
refuse_while_away(breaker.refuse)
stores = open_stores(settings, breaker)
celery = make_celery(settings.broker_address, answer_s=REQUEST_SECONDS)
stream = open_stream_stores(settings, stores.redis)
app = create_app(
    stores,
    stream,
    Enqueue(stores.jobs, stores.uploads, celery, breaker),
    EnqueueStream(celery, stream.intake, breaker),
    settings,
    process_counts(),
)
