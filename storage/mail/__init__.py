"""Mails that wait or went, and the links that open a first key."""
