"""Trading venues: what they show of an account, what they are told, how they answer."""
