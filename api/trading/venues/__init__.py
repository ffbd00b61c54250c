"""Accounts at venues as the api sees them: by rows that the trader writes."""
