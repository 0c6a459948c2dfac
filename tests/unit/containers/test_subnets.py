"""Which addresses a tenant's network is offered."""

from ipaddress import IPv4Network

import pytest

from controlplane.containers.subnets import MOST_TRIED, POOL, list_free, read_pool
from shared.errors import SettingsError
from shared.ids import new_tenant_id

TENANT = new_tenant_id()
SMALL = IPv4Network("10.99.0.0/24")  # 32 subnets


def test_what_somebody_has_is_not_offered():
    taken = [IPv4Network("10.99.0.0/25"), IPv4Network("192.168.0.0/16")]
    offered = [subnet for _, subnet in list_free(TENANT, SMALL, taken)]
    assert len(offered) == 16
    assert not any(subnet.overlaps(taken[0]) for subnet in offered)
    assert all(subnet.subnet_of(SMALL) and subnet.prefixlen == 29 for subnet in offered)


def test_a_pool_that_another_network_covers_has_nothing_to_offer():
    assert list(list_free(TENANT, SMALL, [IPv4Network("10.0.0.0/8")])) == []


def test_a_number_is_a_subnets_own():
    for number, subnet in list_free(TENANT, SMALL, []):
        assert int(subnet.network_address) == int(SMALL.network_address) + 8 * number


def test_two_tenants_begin_elsewhere():
    firsts = {next(list_free(new_tenant_id(), POOL, []))[0] for _ in range(50)}
    assert len(firsts) > 40
    assert len(list(list_free(TENANT, POOL, []))) == MOST_TRIED


@pytest.mark.parametrize("text", ["10.0.0.0", "10.0.0.1/16", "10.0.0.0/8", "10.0.0.0/28", "x"])
def test_a_pool_that_cannot_be_used_is_refused_by_name(text):
    with pytest.raises(SettingsError, match="FLOWHQ_WORKER_SUBNETS"):
        read_pool(text)
