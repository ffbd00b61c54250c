"""Trading: orders and what they came to, by the names that sources use."""
