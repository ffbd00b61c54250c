"""The routes of source 000: forecasts of the next candle."""
