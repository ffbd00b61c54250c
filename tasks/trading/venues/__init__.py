"""The trader's work at venues: one call at a time an account, beside its own loop."""
