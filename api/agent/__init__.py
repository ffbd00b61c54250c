"""The agent's routes, and the tools by which it looks up what its caller may read."""
