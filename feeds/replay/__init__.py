"""A small server that speaks Coinbase Exchange's and Binance's public protocols from files."""
