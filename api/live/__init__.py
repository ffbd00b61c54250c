"""Live trades and quotes: from what feeds push to what the queue takes."""
