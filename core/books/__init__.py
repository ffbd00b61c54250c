"""Order books: levels as they are told, a book kept from a feed, and what keeps it in step."""
