"""The venues at which accounts can be connected, by name."""

from typing import Literal

METAAPI: Literal["metaapi"] = "metaapi"
BYBIT: Literal["bybit"] = "bybit"
BYBIT_TESTNET: Literal["bybit_testnet"] = "bybit_testnet"
VenueName = Literal["metaapi", "bybit", "bybit_testnet"]
