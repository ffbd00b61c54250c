"""All names of Redis keys, and nothing else.

A key's parts never hold a colon: they have passed `core.names.check_name`.
"""

from core.series import Series

CANDLE_FIELDS = ("open", "high", "low", "close", "volume", "trades")

SERIES_INDEX = "index:series"
INTAKE_INDEX = "index:intake"  # accepted batches by when they were accepted or last taken up
INTAKE_TOLD = "index:intake:told"  # there while a worker was told of batches and has not looked yet
INTAKE_DEAD = "index:intake:dead"  # batches that could not be processed
HISTORY_INDEX = "index:history"  # batches that touch many old candles, likewise
REBUILDING = "index:rebuilding"  # hash: symbols that are being rebuilt, and from which day on (ms)
TRADED_INDEX = "index:traded"  # symbols for which live messages were ever accepted
DIRTY_INDEX = "index:dirty"  # symbols whose series must be rebuilt from the journal
QUIET_INDEX = "index:quiet"  # hash: up to which version a market's silences were noted
DUE_INDEX = "index:due"  # traded symbols by when they are to be looked after (epoch ms)
TICK_PARTS = ("price", "size", "last_id")
JOB_EVENTS = "jobs:"
DEAD_MESSAGES = "dead:messages"  # the newest messages of the broker that nobody could read
DEAD_COUNT = "dead:count"  # how many of them there ever were
CLOSE_TOLD = "told:close"  # there while the pass at closes was told of a candle and did not look
SIGNAL_BOARD = "board:signals"  # hash: the newest sealed signal of each offered slot
INPUT_REPORTS = "inputs"  # hash: how the inputs of each offered slot's model were measured last
SIGNAL_BOARD_MARK = "board:signals:mark"  # of the last write to it
LATE_SERIES = "late"  # hash: series of feeds whose candles do not come, and their newest opening
SEEN_ACCOUNTS = "seen:accounts"  # set: accounts that were seen since this was written to SQL
TRADER_WAKE = "trader:wake"  # channel: a command waits, or a switch was changed
INSTALLATION = "installation"  # what shows that this Redis belongs to the SQL beside it
RATE_LIMITS = "limits"  # prefix of the lists in which calls of the last minute are counted


def candle(series: Series, field: str) -> str:
    """Time series of one candle field, e.g. `ts:coinbase:BTC-USD:60:close`."""
    return f"ts:{series}:{field}"


def flags(series: Series) -> str:
    """Time series of the marks (`CandleFlag` bits) of candles that carry any."""
    return f"flags:{series}"


def candle_state(series: Series) -> str:
    """Hash that every write to a series touches: what writers watch."""
    return f"state:{series}"


def packed_candles(series: Series) -> str:
    """Hash of closed candles in columns, by spans of time: kept twice for who reads many."""
    return f"packed:{series}"


def moved(move_id: str, name: str) -> str:
    """What was deleted lies so for a day; under `told` lies what was deleted or renamed."""
    return f"moved:{move_id}:{name}"


def series_facts(series: Series) -> str:
    """Hash of the grid and the zone of a series."""
    return f"facts:{series}"


def forecast(series: Series, model_name: str, horizon: int, part: str) -> str:
    """Time series of forecasts, stamped with target times; part is value, low or high."""
    return f"ts:{series}:forecast:{model_name}:{horizon}:{part}"


def upload(job_id: str) -> str:
    """Packed candles that a job is going to store."""
    return f"upload:{job_id}"


def job_events(job_id: str) -> str:
    """Channel on which a job tells of its progress and its end."""
    return f"{JOB_EVENTS}{job_id}"


def worker(name: str) -> str:
    """Hash in which a worker process writes its heartbeat."""
    return f"worker:{name}"


def clock(platform: str) -> str:
    """Hash with the offset between an exchange's clock and ours."""
    return f"clock:{platform}"


def terminal(platform: str) -> str:
    """Hash of when a platform's terminals pushed last, and what became of it."""
    return f"feed:{platform}"


def terminals(platform: str) -> str:
    """Hash of what each terminal of a platform said last, by its server."""
    return f"feed:{platform}:terminals"


def wanted(platform: str) -> str:
    """Hash of the spans that a platform's terminal is asked for, by series."""
    return f"feed:{platform}:wanted"


def unbuilt(platform: str) -> str:
    """Hash of from when on (s) longer candles were not made yet of those stored, by series."""
    return f"feed:{platform}:unbuilt"


def spread(platform: str, symbol: str) -> str:
    """Time series of spreads that a terminal told, in basis points."""
    return f"ts:{platform}:{symbol}:spread"


def refresh_lock(series: Series) -> str:
    """Lock of the run that brings a watched series up to date."""
    return f"lock:refresh:{series}"


STREAM_LOCK = "lock:stream"  # of the run that looks after live markets


HISTORY_LOCK = "lock:history"  # of the run that stores old trades and rebuilds candles


def backfill_lock(platform: str) -> str:
    """Lock of the run that fetches missing trades of a platform."""
    return f"lock:backfill:{platform}"


def right_of_way(platform: str, symbol: str) -> str:
    """Held for a moment by who has a longer change of a traded symbol to make."""
    return f"lock:trades:{platform}:{symbol}"


def forecast_claim(series: Series, opening: int) -> str:
    """Held by the process that forecasts from the candle that opened then (s)."""
    return f"lock:forecast:{series}:{opening}"


def answer(name: str, series: Series, horizon: int) -> str:
    """Answer that holds until the next candle closes."""
    return f"answer:{name}:{series}:{horizon}"


def record(kind: str, scope: str) -> str:
    """Record of sealed signals as it was computed last."""
    return f"record:{kind}:{scope}"


def record_claim(kind: str, scope: str) -> str:
    """Held while somebody computes a record."""
    return f"lock:record:{kind}:{scope}"


def followed(run_id: str) -> str:
    """How far the intervals of a trained model have followed outcomes."""
    return f"followed:{run_id}"


def symbol_state(platform: str, symbol: str) -> str:
    """Packed state of a traded symbol: what every writer of it watches."""
    return f"state:{platform}:{symbol}"


def seen_ids(platform: str, symbol: str) -> str:
    """Hash of packed blocks of trade ids seen, by epoch and first id of the block."""
    return f"ids:{platform}:{symbol}"


def journal(platform: str, symbol: str) -> str:
    """Redis stream of packed batches of raw trades."""
    return f"journal:{platform}:{symbol}"


def journal_index(platform: str, symbol: str, span: str) -> str:
    """Sorted set of the journal's entries of a length by the time of their first trade (ms)."""
    return f"journal:{platform}:{symbol}:{span}"


def aggregates(series: Series) -> str:
    """Hash of packed sums of the trades of each candle, by opening (s)."""
    return f"agg:{series}"


def tick(platform: str, symbol: str, part: str) -> str:
    """Time series of trades collapsed per millisecond; part is one of `TICK_PARTS`."""
    return f"ts:{platform}:{symbol}:trade:{part}"


def live(platform: str, symbol: str) -> str:
    """Channel on which accepted trades and forming candles are told."""
    return f"live:{platform}:{symbol}"


def order_book(platform: str, symbol: str) -> str:
    """The best levels of a market's book as they were told last."""
    return f"book:{platform}:{symbol}"


def ticker(platform: str, symbol: str, part: str) -> str:
    """Time series of quotes; part is price, bid, ask or volume_24h."""
    return f"ts:{platform}:{symbol}:ticker:{part}"


def anomaly_score(platform: str, symbol: str) -> str:
    """Time series of the scores of anomalies."""
    return f"ts:{platform}:{symbol}:anomaly:score"


def anomalies(platform: str, symbol: str) -> str:
    """Sorted set of anomalies by time (ms)."""
    return f"anomaly:{platform}:{symbol}"


def detector(platform: str, symbol: str) -> str:
    """Packed state of the anomaly detector, with its place in the journal."""
    return f"anomaly:{platform}:{symbol}:state"


def excluded(platform: str, symbol: str) -> str:
    """Sorted set, by time (ms), of trades that are kept out of candles."""
    return f"excluded:{platform}:{symbol}"


def quality_counts(platform: str, symbol: str) -> str:
    """Hash of how many trades were late, repeated, set aside, and so on."""
    return f"quality:{platform}:{symbol}"


def quality_totals(platform: str) -> str:
    """Hash of the same counts of all symbols of a platform together."""
    return f"quality:{platform}"


def uncompared(platform: str, symbol: str) -> str:
    """Sorted set of candles to be compared with the exchange's, by when trades came last (ms)."""
    return f"quality:{platform}:{symbol}:uncompared"


def quality_log(platform: str, symbol: str) -> str:
    """Redis stream of finished candles of which two sources say different things."""
    return f"quality:{platform}:{symbol}:log"


def quarantine(platform: str) -> str:
    """Redis stream of rejected messages."""
    return f"quarantine:{platform}"


def ingest_counts(platform: str) -> str:
    """Hash of how many messages were accepted, ignored and rejected."""
    return f"ingest:{platform}"


# What a backup holds: all but queues, locks and heartbeats. The first list's keys go on with
# platform and symbol, and those of one symbol must be read at one moment.
OF_A_SYMBOL = (
    "ts",
    "flags",
    "state",
    "journal",
    "ids",
    "agg",
    "anomaly",
    "excluded",
    "facts",
    "quality",
)
OF_THE_WHOLE = ("index", "quarantine", "ingest", "upload")


def intake(batch_id: str) -> str:
    """Hash of one accepted micro-batch that is not processed yet."""
    return f"intake:{batch_id}"


def seen(account_id: int) -> str:
    """Hash of the terminals of an account, and when each was seen last."""
    return f"seen:{account_id}"


def cached_current(series: Series) -> str:
    """Which generation of the series of the next candle counts."""
    return f"cached:{series}"


def cached_series(series: Series, generation: str) -> str:
    """Hash of packed points of the next candle, by chunk."""
    return f"cached:{series}:{generation}"


def cached_answer(answer_id: str) -> str:
    """List of packed points that were computed for one request."""
    return f"cached:answer:{answer_id}"
