"""Answers about what the server holds: a model, or the narrator, chooses; we write the numbers."""
