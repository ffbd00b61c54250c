"""What is special to brokers: their names of markets, their clocks, what their terminals say."""
