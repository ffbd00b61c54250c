"""Mails: their kinds, addresses, and the server that takes them."""
