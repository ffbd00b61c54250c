"""Series taken out or renamed, and that undone for a day."""
