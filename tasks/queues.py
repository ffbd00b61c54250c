"""Names of the queues and of the tasks, and which queue each task waits in."""

STREAM = "stream"  # live trades
STORE = "store"  # candles that a caller brought
PREDICT = "predict"  # forecasts: milliseconds each
KEEP = "keep"  # our own housekeeping
FETCH = "fetch"  # calls to exchanges: seconds to hours
TRAIN = "train"  # trainings: minutes
QUEUES = (STREAM, STORE, PREDICT, KEEP, FETCH, TRAIN)

FETCH_CANDLES = "fetch_candles"
STORE_CANDLES = "store_candles"
TRAIN_LSTM = "train_lstm_from_redis"
PREDICT_LSTM = "predict_lstm"
PREDICT_LSTM_NSTEPS = "predict_lstm_nsteps"
COMPUTE_INDICATORS = "compute_indicators"
ANSWER_QUESTION = "answer_question"
PROCESS_TRADES = "process_trade_data"
DETECT_ANOMALY = "detect_anomaly"
PROCESS_TICKERS = "process_ticker_data"
KEEP_INTAKE = "keep_intake"
KEEP_STREAM = "keep_stream"
NOTE_QUIET = "note_quiet_spans"
BACKFILL_GAPS = "backfill_gaps"
REAP_JOBS = "reap_jobs"
REFRESH_WATCHED = "refresh_watched"
SWEEP_MODELS = "sweep_models"
TRAIN_NEXT_CANDLE = "train_next_candle"
WALK_NEXT_CANDLE = "walk_next_candle"
REBUILD_SERIES = "rebuild_series"
COMPUTE_SERIES = "compute_series"
EXTEND_SERIES = "extend_series"
UPDATE_FUTURES = "update_futures"
INGEST_LATEST = "ingest_latest"
BACKFILL_CANDLES = "backfill_candles"
EVALUATE_SLOT = "evaluate_slot"
TRAIN_SLOT = "train_slot"
REPLAY_WALK = "replay_walk"
LEAK_TEST = "leak_test_features"
FORECAST_SLOTS = "forecast_slots"
SCORE_FORECASTS = "score_forecasts"
RETRAIN_SLOTS = "retrain_slots"
PREDICT_RANGE = "predict_range"
GENERATE_SIGNAL = "generate_signal"
TRAIN_OUTLOOK = "train_outlook"
TRAIN_OUTLOOKS = "train_outlooks"
ANSWER_OUTLOOKS = "answer_outlooks"
SCORE_SIGNALS = "score_signals"

QUEUE_OF = {
    FETCH_CANDLES: FETCH,
    STORE_CANDLES: STORE,
    TRAIN_LSTM: TRAIN,
    PREDICT_LSTM: PREDICT,
    PREDICT_LSTM_NSTEPS: PREDICT,
    COMPUTE_INDICATORS: PREDICT,
    ANSWER_QUESTION: PREDICT,
    PROCESS_TRADES: STREAM,
    DETECT_ANOMALY: STREAM,
    PROCESS_TICKERS: STREAM,
    KEEP_INTAKE: KEEP,
    KEEP_STREAM: KEEP,
    NOTE_QUIET: KEEP,
    BACKFILL_GAPS: FETCH,
    EVALUATE_SLOT: TRAIN,
    TRAIN_SLOT: TRAIN,
    REPLAY_WALK: TRAIN,
    LEAK_TEST: PREDICT,
    FORECAST_SLOTS: KEEP,
    SCORE_FORECASTS: KEEP,
    RETRAIN_SLOTS: KEEP,
    PREDICT_RANGE: PREDICT,
    GENERATE_SIGNAL: PREDICT,
    TRAIN_OUTLOOK: TRAIN,
    TRAIN_OUTLOOKS: KEEP,
    ANSWER_OUTLOOKS: KEEP,
    SCORE_SIGNALS: KEEP,
    REAP_JOBS: KEEP,
    REFRESH_WATCHED: FETCH,
    SWEEP_MODELS: KEEP,
    TRAIN_NEXT_CANDLE: TRAIN,
    WALK_NEXT_CANDLE: TRAIN,
    REBUILD_SERIES: PREDICT,
    COMPUTE_SERIES: PREDICT,
    EXTEND_SERIES: KEEP,
    UPDATE_FUTURES: PREDICT,
    INGEST_LATEST: FETCH,
    BACKFILL_CANDLES: FETCH,
}
