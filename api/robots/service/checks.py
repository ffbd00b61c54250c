"""What all routes about the service ask, at most once in two seconds however many call."""

from concurrent.futures import ThreadPoolExecutor

from api.docs.openapi_parts import VERSION
from api.health import probes
from api.health.check import Check
from api.robots.service.schemas import ServiceHealth
from api.robots.words import iso, minutes
from core.clock.times import now_ms
from storage.service.service_state import ServiceState, read_state
from storage.stores import Stores

_FRESH_S = 2.0


class ServiceChecks:
    """Asks the stores on threads of its own: a part that hangs holds one thread and no more."""

    def __init__(self, stores: Stores, reference_symbol: str) -> None:
        pool = ThreadPoolExecutor(4, thread_name_prefix="service")
        self._state = Check(
            lambda: read_state(stores, reference_symbol, now_ms()), pool, fresh=_FRESH_S
        )
        self._database = Check(lambda: probes.ask_database(stores.engine), pool, fresh=_FRESH_S)

    async def ask(self) -> tuple[ServiceHealth, ServiceState | None]:
        """Return how the service is, and its state: None while SQL or Redis is away."""
        state = (await self._state.answer()).value
        if state is not None:
            return _health(state, now_ms()), state
        database = (await self._database.answer()).value
        return _away(database is not None), None


def _health(state: ServiceState, now: int) -> ServiceHealth:
    made = max((row.made_at for row in state.newest.values()), default=None)
    return ServiceHealth(
        status=state.status,
        api_version=VERSION,
        db="ok",
        last_prediction=iso(made),
        last_candle=iso(state.last_candle),
        pred_lag_minutes=minutes(made, now),
        btc_lag_minutes=minutes(state.reference, now),
        stale_pred_count=len(state.stale),
        total_active_slots=state.slots,
        reasons=state.reasons or None,
    )


def _away(database: bool) -> ServiceHealth:
    away = "redis" if database else "the database"
    return ServiceHealth(
        status="down",
        api_version=VERSION,
        db="ok" if database else "error",
        last_prediction=None,
        last_candle=None,
        pred_lag_minutes=None,
        btc_lag_minutes=None,
        stale_pred_count=0,
        total_active_slots=0,
        reasons=[f"{away} does not answer"],
    )
