"""Accounts at trading venues: what is sent, how answers and readings change them."""
