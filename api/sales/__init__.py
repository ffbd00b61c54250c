"""What payment providers, buyers and the operator call."""
