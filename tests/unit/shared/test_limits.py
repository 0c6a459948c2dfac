"""From which network somebody comes, for what is counted."""

import pytest

from shared.web.limits import network_of


@pytest.mark.parametrize(
    ("address", "network"),
    [
        pytest.param("192.0.2.7", "192.0.2.7", id="one of IPv4"),
        pytest.param("2001:db8:1:2:3::4", "2001:0db8:0001:0002", id="a customer's whole /64"),
        pytest.param("::ffff:192.0.2.7", "192.0.2.7", id="IPv4 by a socket for both"),
        pytest.param("2001:db8:1:2::%eth0", "2001:0db8:0001:0002", id="with its interface"),
        pytest.param("", "", id="nobody knows"),
        pytest.param("unknown", "", id="a proxy's word"),
        pytest.param("x" * 100_000, "", id="no address"),
    ],
)
def test_an_address_is_of_a_network(address, network):
    assert network_of(address) == network
