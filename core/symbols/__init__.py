"""Names of markets: what users say, and which market is meant."""
