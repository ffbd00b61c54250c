"""Open sockets are counted by address."""

from api.open_sockets import OpenSockets
from core.process.shared_counts import SharedCounts


def test_each_address_has_its_own_share_and_all_have_one_total() -> None:
    sockets = OpenSockets(2, 3, SharedCounts())
    assert [sockets.enter(a) for a in ("1.1.1.1", "1.1.1.1", "2.2.2.2")] == [True] * 3
    assert not sockets.enter("3.3.3.3")
    sockets.leave("3.3.3.3")
    sockets.leave("1.1.1.1")
    assert sockets.enter("3.3.3.3")


def test_one_network_of_ipv6_counts_as_one_address() -> None:
    sockets = OpenSockets(2, 9, SharedCounts())
    assert sockets.enter("2001:db8:1:2::1")
    assert sockets.enter("2001:db8:1:2:9::7")
    assert not sockets.enter("2001:db8:1:2:ffff::1")
    assert sockets.enter("2001:db8:1:3::1")


def test_a_unix_socket_counts_for_the_total_only() -> None:
    sockets = OpenSockets(1, 2, SharedCounts())
    assert [sockets.enter("") for _ in range(3)] == [True, True, False]
