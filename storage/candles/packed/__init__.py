"""Closed candles in columns beside their series, for those who read many at once."""
