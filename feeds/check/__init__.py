"""What of an exchange is as we expect it, asked of the exchange itself."""
