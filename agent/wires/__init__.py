"""Model servers: what they are asked, what they answer, and what of that is believed."""
