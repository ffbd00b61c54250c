"""Massive, which was Polygon: candles of currencies, metals, coins and stocks."""
