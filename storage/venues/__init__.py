"""Connections to accounts at trading venues, and the vault of their tokens."""
