"""What can be looked up: a file a tool, with its arguments, its result and what is said of it."""
