"""The records that somebody asked for, computed and kept for all who ask."""

from core.answers.record import PERFORMANCE, RecordScope
from core.clock.times import now_ms
from core.jobs import Json
from storage.stores import Stores


def compute_record(stores: Stores, kind: str, asked: Json) -> None:
    """Compute a record of a kind and keep it; a scope that came to nothing may be asked again."""
    # NumPy and SciPy come in with this import.
    import msgspec

    from tasks.record.performance import performance

    scope, now = msgspec.convert(asked, RecordScope), now_ms()
    compute = {PERFORMANCE: performance}[kind]
    try:
        stores.kept_records.put(kind, scope.digest, compute(stores, scope, now), now)
    except BaseException:
        stores.kept_records.release(kind, scope.digest)
        raise
