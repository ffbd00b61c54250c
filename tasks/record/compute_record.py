"""The records that somebody asked for, computed and kept for all who ask."""

import msgspec

from core.answers.record import CALIBRATION, RecordScope
from core.clock.times import now_ms
from core.jobs import Json
from storage.stores import Stores


def compute_record(stores: Stores, kind: str, asked: Json) -> None:
    """Compute a record of a kind and keep it; a scope that came to nothing may be asked again."""
    scope, now = msgspec.convert(asked, RecordScope), now_ms()
    try:
        stores.kept_records.put(kind, scope.digest, _computed(stores, kind, scope, now), now)
    except BaseException:
        stores.kept_records.release(kind, scope.digest)
        raise


def _computed(stores: Stores, kind: str, scope: RecordScope, now: int) -> msgspec.Struct:
    # NumPy, SciPy and pandas come in with these imports.
    if kind == CALIBRATION:
        from tasks.record.calibration import calibrations

        return calibrations(stores, now)
    from tasks.record.performance import performance

    return performance(stores, scope, now)
