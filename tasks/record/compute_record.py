"""The records that somebody asked for, computed and kept for all who ask."""

from core.answers.record import CALIBRATION, RecordScope
from core.clock.times import now_ms
from core.jobs import Json
from storage.stores import Stores


def compute_record(stores: Stores, kind: str, asked: Json) -> None:
    """Compute a record of a kind and keep it; a scope that came to nothing may be asked again."""
    # NumPy and SciPy come in with this import.
    import msgspec

    from tasks.record.calibration import calibrations
    from tasks.record.performance import performance

    scope, now = msgspec.convert(asked, RecordScope), now_ms()
    try:
        if kind == CALIBRATION:
            found: msgspec.Struct = calibrations(stores, now)
        else:
            found = performance(stores, scope, now)
        stores.kept_records.put(kind, scope.digest, found, now)
    except BaseException:
        stores.kept_records.release(kind, scope.digest)
        raise
