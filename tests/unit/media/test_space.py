"""Which files make room: a table of promises, and what must always hold."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controlplane.media.space import Kept, Limits, plan_room

LIMITS = Limits(file=10, tenant=20, total=30)


def kept(name, size=10, *, tenant="a", used_at=0.0, can_go=True):
    return Kept(path=Path(name), tenant=tenant, size=size, used_at=used_at, can_go=can_go)


@pytest.mark.parametrize(
    ("files", "removed"),
    [
        pytest.param([], [], id="room enough"),
        pytest.param([kept("x")], [], id="room to the last byte"),
        pytest.param([kept("new", used_at=2), kept("old", used_at=1)], ["old"], id="oldest first"),
        pytest.param(
            [kept("own", used_at=2), kept("own 2", used_at=3), kept("b", tenant="b", used_at=1)],
            ["own"], id="the tenant's own, though another's is older",
        ),
        pytest.param(
            [kept("b 1", tenant="b"), kept("b 2", tenant="b", used_at=1),
             kept("c", tenant="c", used_at=2)],
            ["b 1"], id="anybody's when all there is takes too much",
        ),
        pytest.param([kept("up", can_go=False), kept("in", used_at=9)], ["in"],
                     id="what is needed stays"),
        pytest.param([kept("up", can_go=False), kept("up 2", can_go=False)], None,
                     id="no room while everything is needed"),
    ],
)  # fmt: skip
def test_room_for_ten_bytes_is_made_so(files, removed):
    plan = plan_room(files, 10, tenant="a", limits=LIMITS)
    assert (plan if plan is None else [str(file.path) for file in plan]) == removed


files = st.lists(
    st.builds(
        kept, st.uuids().map(str), st.integers(0, 15), tenant=st.sampled_from("abc"),
        used_at=st.floats(0, 9), can_go=st.booleans(),
    ),
    max_size=8,
)  # fmt: skip


@given(files, st.integers(0, 10))
def test_after_making_room_nobody_has_more_than_they_may(files, needed):
    plan = plan_room(files, needed, tenant="a", limits=LIMITS)
    if plan is None:
        return
    assert all(file.can_go for file in plan)
    left = [file for file in files if file not in plan]
    assert sum(file.size for file in left if file.tenant == "a") + needed <= LIMITS.tenant
    assert sum(file.size for file in left) + needed <= LIMITS.total
