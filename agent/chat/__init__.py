"""The loop: a question, look-ups, an answer; a model chooses, or the narrator."""
