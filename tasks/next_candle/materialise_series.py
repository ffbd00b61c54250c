"""Series of the next candle, computed from a stored model: whole, from their end, or on demand."""

import logging
import threading
from typing import TYPE_CHECKING

import msgspec

from core.answers.next_candle import Computed, Materialized
from core.clock.times import parse_time
from core.errors import Conflict, NotFound, TickcastError
from core.jobs import Job, Progress
from core.models import NEXT_CANDLE
from core.next_candle import DAY_S, POINTS_LIMIT, candle_target
from core.requests import ComputeSeries, RebuildSeries
from core.series import Series
from storage.candles.candle_columns import Candles
from storage.candles.newest_finished import newest_finished
from storage.models.runs import RunRecord
from storage.models.series_cache import SeriesAbout
from storage.models.series_chunks import CHUNK_CANDLES, Chunk, bucket_of
from storage.stores import Stores
from tasks.jobs.held_job import Note, Report
from tasks.jobs.loaded_models import models
from tasks.next_candle.series_points import pack_points

if TYPE_CHECKING:
    from ml.models.boosting.next_candle_model import NextCandleModel

logger = logging.getLogger(__name__)

# Chunks written at once by a rebuild.
_BATCH = 8


class SeriesMaker:
    """Computes series; keeps the models that it used last."""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores
        self._extending = threading.Lock()

    def rebuild(
        self, stores: Stores, job: Job[RebuildSeries], report: Report, note: Note
    ) -> Materialized:
        """Make the series of the newest `days` of a request anew; raises `Conflict` untrained."""
        series = job.request.series
        run = self._newest_run(series)
        last = self._last_finished(series)
        first = (last or 0) - job.request.days * DAY_S + series.resolution
        chunks = self._compute(run, first, last)[0]
        cache, generation = self._stores.series_cache, self._stores.series_cache.draft()
        for done in range(0, len(chunks), _BATCH):
            report(Progress(done, len(chunks), "chunks", "writing the series"))
            cache.put(series, generation, dict(chunks[done : done + _BATCH]))
        about = _about(run, chunks, last)
        cache.publish(series, generation, about)
        return Materialized("ok", about.points)

    def compute(
        self, stores: Stores, job: Job[ComputeSeries], report: Report, note: Note
    ) -> Computed:
        """Compute the series of a request (`start, end` in s), at most `limit` points, for one
        caller, who finds it under the job's id."""
        asked, series = job.request, job.request.series
        run = self._newest_run(series)
        chunks, following = self._compute(run, asked.start, asked.end, asked.limit)
        about = _about(run, chunks, self._last_finished(series))
        self._stores.series_cache.put_answer(job.id, about, [chunk for _, chunk in chunks])
        href = f"/series?task_id={job.id}"
        return Computed("ok", about.points, following, href)

    def extend_all(self) -> int:
        """Bring every series of which a model exists up to date; returns how many had news."""
        extended = 0
        for record in self._stores.registry.targets(NEXT_CANDLE):
            series = record.target.series
            try:
                extended += self.extend(series)
            except TickcastError as error:
                logger.warning("series of %s: %s", series, error.detail)
        return extended

    def extend(self, series: Series) -> bool:
        """Add what came after the end of a cached series; False if nothing did.

        A series that is not there, after a restart of Redis say, is made anew.
        """
        with self._extending:
            return self._extend(series)

    def _extend(self, series: Series) -> bool:
        known, last = self._stores.series_cache.about(series), self._last_finished(series)
        if known is None:
            return self._make_again(series, last)
        generation, about = known
        if self._stores.registry.champion_id(candle_target(series)) != about.run_id:
            return self._make_again(series, last)  # another model speaks by now
        if about.last_candle is not None and (last is None or last <= about.last_candle):
            return False
        first = _bucket_start(about, series.resolution)
        try:
            run = self._stores.registry.run(about.run_id)
            fresh = dict(self._compute(run, first, last)[0])
        except (NotFound, Conflict):
            return False  # a model so old is not kept; the next training makes the series anew
        return self._stores.series_cache.extend(
            series, generation, fresh, self._extended(series, about, first, fresh, last)
        )

    def _extended(
        self,
        series: Series,
        about: SeriesAbout,
        first: int,
        fresh: dict[int, Chunk],
        last: int | None,
    ) -> SeriesAbout:
        replaced = self._stores.series_cache.read(series, first, None)
        fewer = sum(chunk.points for chunk in replaced.chunks) if replaced else 0
        points = about.points - fewer + sum(chunk.points for chunk in fresh.values())
        start, end = _ends(list(fresh.items()))
        return msgspec.structs.replace(
            about,
            points=points,
            first=start if about.first is None else about.first,
            last=end if end is not None else about.last,
            last_candle=last,
        )

    def _make_again(self, series: Series, last: int | None) -> bool:
        run = self._newest_run(series)
        first = (last or 0) - run.metadata["days"] * DAY_S + series.resolution
        chunks = self._compute(run, first, last)[0]
        cache, generation = self._stores.series_cache, self._stores.series_cache.draft()
        cache.put(series, generation, dict(chunks))
        cache.publish(series, generation, _about(run, chunks, last))
        return True

    def _compute(
        self, run: RunRecord, first: int, last: int | None, limit: int = 10**9
    ) -> tuple[list[tuple[int, Chunk]], int | None]:
        """Return chunks of the points that open in `first..last`, and where the rest begins."""
        # XGBoost, TA-Lib and pandas come in with this import.
        from ml.models.next_candle_series import candle_series

        if last is None:
            return [], None
        candles, following = self._candles(run.series, first, last, limit)
        if not len(candles):
            return [], None
        model: NextCandleModel = models.model(self._stores, run)
        made = candle_series(model, candles.to_frame(), run.series.resolution, first)
        made = made.until(last if following is None else following - 1)
        if len(made) > limit:
            following = int(made.time[limit])
        return list(pack_points(made.first(limit), run.series.resolution)), following

    def _candles(
        self, series: Series, first: int, last: int, limit: int
    ) -> tuple[Candles, int | None]:
        """Return candles with what features want before them, and the one after them.

        Of more than `limit` candles comes a part, and where (s) the rest begins.
        """
        from ml.models.protocol import CANDLES_WANTED

        start = first - CANDLES_WANTED * series.resolution
        most = min(limit, POINTS_LIMIT * 10) + CANDLES_WANTED + 1
        found = self._stores.candles.read(series, max(start, 0), last, most)
        if len(found) == most:
            return found, int(found.time[-1])
        after = self._stores.candles.read(series, last + 1, limit=1)
        return Candles.join([found, after]), None

    def _newest_run(self, series: Series) -> RunRecord:
        run = self._stores.registry.champion(candle_target(series))
        if run is None:
            raise Conflict(f"Nothing is trained for {series}; POST /train first.")
        run, _ = models.champion(self._stores, run)
        return run

    def _last_finished(self, series: Series) -> int | None:
        return newest_finished(self._stores.candles, series)


def _bucket_start(about: SeriesAbout, resolution: int) -> int:
    """Return where the last chunk begins: its points are computed again, errors being known."""
    if about.first is None or about.last is None:
        return 0 if about.last_candle is None else about.last_candle
    start = bucket_of(about.last, resolution) * CHUNK_CANDLES * resolution
    return max(start, about.first)


def _about(run: RunRecord, chunks: list[tuple[int, Chunk]], last_candle: int | None) -> SeriesAbout:
    first, last = _ends(chunks)
    start = run.metadata["result"]["validation_start"]
    return SeriesAbout(
        run_id=run.id,
        trained_at=run.metadata["finished_at"],
        validation_start=parse_time(start, "validation_start") // 1_000,
        points=sum(chunk.points for _, chunk in chunks),
        first=first,
        last=last,
        last_candle=last_candle,
    )


def _ends(chunks: list[tuple[int, Chunk]]) -> tuple[int | None, int | None]:
    """Return the openings (s) of the first and the last point."""
    if not chunks:
        return None, None
    return chunks[0][1].opening(0), chunks[-1][1].opening(-1)
