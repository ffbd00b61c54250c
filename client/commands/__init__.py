"""The commands of `tickcast` that talk to a server, one file a group."""
