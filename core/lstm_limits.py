"""What a training of an LSTM may ask for, and how many candles it needs.

Both the door (which refuses before anything is queued) and the training (which
refuses what slipped past, such as a series that shrank meanwhile) read this file.
"""

SEQ_LEN_LIMITS = (8, 512)
NSTEPS_LIMITS = (1, 288)
UNITS_LIMITS = (4, 256)
EPOCHS_LIMITS = (1, 200)
FOLDS_LIMITS = (2, 8)
QUANTILES_LIMIT = 21
DEFAULT_FOLDS = 3

# Fewer windows than this per block of a walk-forward say nothing about a network.
WINDOWS_PER_BLOCK = 100


def candles_needed(seq_len: int, nsteps: int, folds: int = DEFAULT_FOLDS) -> int:
    """Return the least number of finished candles that a training can be scored on.

    A walk-forward of `folds` folds cuts the windows into `folds + 1` blocks; each
    holds `WINDOWS_PER_BLOCK` windows and loses `nsteps` to the purge. A window
    reads `seq_len` log-returns, the first of which needs one candle more.
    """
    return seq_len + 1 + (folds + 1) * (WINDOWS_PER_BLOCK + nsteps)
