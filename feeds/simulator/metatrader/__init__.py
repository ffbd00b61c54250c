"""A virtual MetaTrader: a broker with made-up markets, and terminals that speak to Tickcast.

What a terminal of the real thing does is written down in docs/metatrader.md; the two
reference EAs are in examples/metatrader, and the agents here do the same in Python.
"""
