"""How the parts of a Tickcast are: asked, not assumed."""
