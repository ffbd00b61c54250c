"""Longer candles made of shorter ones: as they are pushed, and as they are asked for."""
