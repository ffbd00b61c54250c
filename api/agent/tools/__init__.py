"""What the agent can look up: a file a tool, each telling what the route of its matter tells."""
