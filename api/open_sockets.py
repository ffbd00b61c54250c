"""How many sockets each address holds open on this process, and which may open another."""

from collections import Counter
from ipaddress import IPv6Address, ip_address


class OpenSockets:
    """Counts open sockets by address, HTTP and WebSocket alike.

    An IPv6 address counts as its /64, since whoever has one has the others. What
    comes without an address, over a unix socket, counts for the total only.
    """

    def __init__(self, per_address: int, total: int) -> None:
        self._per_address = per_address
        self._total = total
        self._open: Counter[str] = Counter()

    def enter(self, address: str) -> bool:
        """Count a socket that was accepted; False if it is one too many, and must end."""
        group = _group(address)
        self._open[group] += 1
        of_this = self._open[group] if group else 0
        return of_this <= self._per_address and self._open.total() <= self._total

    def leave(self, address: str) -> None:
        """Count a socket of `enter` no longer, whatever the answer there was."""
        group = _group(address)
        self._open[group] -= 1
        if not self._open[group]:
            del self._open[group]


def _group(address: str) -> str:
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is None:
        return parsed.exploded[:19]
    return address
