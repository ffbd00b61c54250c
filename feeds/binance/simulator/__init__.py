"""Binance from files: its REST routes and its streams."""
