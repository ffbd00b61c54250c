"""Live feeds: what each venue says, and the loop that brings it to a server without loss."""
