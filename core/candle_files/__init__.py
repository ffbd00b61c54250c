"""Candle files of any source, read to rows: one parser for HTTP and the command line.

A source becomes a table of cells (`tables`, `documents`); its columns are found
by their header (`headers`) or, where there is none, by a layout that is known
(`layouts`, `find_layout`); then cells become numbers (`numbers`) and instants
(`moments`, `times`).
"""
