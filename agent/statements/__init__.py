"""What can be said: sentences in three languages about fields of results."""
