"""What payment providers tell of contracts and invoices, and what somebody may use for it."""
