"""The process that writes orders."""
