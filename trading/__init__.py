"""Paper trading as pure functions: no clock, no chance, no store."""
