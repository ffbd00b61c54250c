"""Coinbase Exchange from files: its REST routes and its feed."""
