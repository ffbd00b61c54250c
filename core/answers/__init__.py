"""What jobs and calls answer, a file a domain: one struct for the work, the api and the client."""
