"""Scripted model servers: both protocols, models that behave, and models that do not.

The name of the model says what it does; `python -m agent.simulator` lists them. They are for
tests, and for trying the wires where there is no model.
"""
