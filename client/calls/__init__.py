"""The calls of the client by domain, which `client.tickcast` joins."""
