"""What trading processes tell each other: instruments, orders, accounts, events."""
