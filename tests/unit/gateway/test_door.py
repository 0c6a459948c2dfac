"""Who is let in, and who makes room, when too many connect."""

from controlplane.gateway import door
from controlplane.gateway.budgets import Rate
from controlplane.gateway.door import Door, DoorLimits
from shared.descriptors import WANTED


class Socket:
    def __init__(self):
        self.is_cut = False

    def cut(self):
        self.is_cut = True


def enter(place, address, count):
    sockets = [Socket() for _ in range(count)]
    return [socket for socket in sockets if place.enter(socket, address)]


def test_silent_connections_of_the_address_that_has_most_make_room_first():
    place = Door(DoorLimits(silent=5))
    first = enter(place, "10.0.0.1", 1)
    crowd = enter(place, "10.0.0.66", 4)
    newcomers = enter(place, "10.0.0.2", 2)
    assert [socket.is_cut for socket in crowd] == [True, True, False, False]
    assert not any(socket.is_cut for socket in first + newcomers)
    assert place.silent == 5


def test_who_has_said_who_it_is_makes_no_room_and_takes_no_place_of_the_silent():
    place = Door(DoorLimits(silent=2))
    known = enter(place, "10.0.0.1", 2)
    for socket in known:
        place.spoke(socket)
    enter(place, "10.0.0.1", 5)
    assert not any(socket.is_cut for socket in known)
    assert (place.silent, len(place)) == (2, 4)


def test_beyond_the_bound_of_all_nobody_is_let_in_until_somebody_leaves():
    place = Door(DoorLimits(connections=3))
    inside = enter(place, "10.0.0.1", 4)
    assert len(inside) == 3
    place.leave(inside[0])
    assert len(enter(place, "10.0.0.1", 2)) == 1


def test_one_address_that_comes_too_often_keeps_no_other_out():
    place = Door(DoorLimits(arrivals=Rate(0.001, 10)))
    assert len(enter(place, "10.0.0.66", 50)) == 10
    assert len(enter(place, "10.0.0.1", 2)) == 2


def test_addresses_without_end_are_forgotten_again(monkeypatch):
    monkeypatch.setattr(door, "MAX_ADDRESSES", 10)
    place = Door(DoorLimits())
    for number in range(100):
        enter(place, f"10.0.0.{number}", 1)
    assert len(place._arrivals) == 10


def test_leaving_twice_is_leaving_once():
    place = Door(DoorLimits())
    [socket] = enter(place, "10.0.0.1", 1)
    place.leave(socket)
    place.leave(socket)
    assert (place.silent, len(place)) == (0, 0)


def test_where_a_process_may_have_few_descriptors_the_bounds_leave_room_for_its_other_needs():
    few = DoorLimits().within(1_024)
    assert (few.connections, few.silent) == (512, 256)
    assert DoorLimits().within(WANTED) == DoorLimits()
