"""Binance spot: what it says, what it is asked, and how it is simulated."""
