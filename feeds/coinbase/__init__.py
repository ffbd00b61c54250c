"""Coinbase Exchange: what it says, what it is asked, and how it is simulated."""
