"""Answers without a model: a small grammar over the message, the same tools and statements."""
