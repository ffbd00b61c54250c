"""How many sockets each address holds open, and which may open another."""

from ipaddress import IPv6Address, ip_address

from core.process.shared_counts import SharedCounts


class OpenSockets:
    """Counts open sockets, HTTP and WebSocket alike.

    Those of an address are counted for all api processes, the total is that of this one.

    An IPv6 address counts as its /64, since whoever has one has the others. What
    comes without an address, over a unix socket, counts for the total only.
    """

    def __init__(self, per_address: int, total: int, counts: SharedCounts) -> None:
        self._per_address = per_address
        self._total = total
        self._counts = counts
        self._here = 0

    def enter(self, address: str) -> bool:
        """Count a socket that was accepted; False if it is one too many, and must end."""
        self._here += 1
        of_this = self._counts.opened(_name(address)) if address else 0
        return of_this <= self._per_address and self._here <= self._total

    def leave(self, address: str) -> None:
        """Count a socket of `enter` no longer, whatever the answer there was."""
        self._here -= 1
        if address:
            self._counts.closed(_name(address))


def _name(address: str) -> str:
    return f"sockets of {_group(address)}"


def _group(address: str) -> str:
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is None:
        return parsed.exploded[:19]
    return address
