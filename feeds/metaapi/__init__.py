"""MetaApi: candles of a broker's MetaTrader account, over REST."""
