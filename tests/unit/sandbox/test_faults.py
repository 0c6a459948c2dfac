"""What a fault script decides, and that the line to a client keeps its order."""

import asyncio
from datetime import timedelta

import pytest

from sandbox.faults.faults import FaultBook, Faults
from sandbox.faults.script import FaultScript, Pick
from sandbox.streams import stanzas
from sandbox.streams.line import Line
from sandbox.wire.nodes import Node


def under(**script: object) -> Faults:
    faults = Faults()
    faults.set(FaultScript(**script))
    return faults


@pytest.mark.parametrize(
    ("pick", "struck"),
    [
        pytest.param(Pick(), [], id="none"),
        pytest.param(Pick(nth=[2, 5]), [2, 5], id="just these"),
        pytest.param(Pick(every=3), [3, 6], id="each third"),
        pytest.param(Pick(nth=[1], every=3), [1, 3, 6], id="the two add up"),
        pytest.param(Pick(chance=1), [1, 2, 3, 4, 5, 6], id="certain"),
    ],
)
def test_a_pick_strikes_by_ordinal(pick: Pick, struck: list[int]) -> None:
    faults = under()

    assert [n for n in range(1, 7) if faults.strikes("drop", pick)] == struck


def test_the_same_seed_makes_the_same_choices() -> None:
    def choices(seed: int) -> tuple[list[bool], list[int], timedelta]:
        faults = under(seed=seed, reorder_window=9, jitter=1)
        struck = [faults.strikes("drop", Pick(chance=0.5)) for _ in range(20)]
        return struck, faults.shuffled(range(9)), faults.delay()

    assert choices(7) == choices(7)
    assert choices(7) != choices(8)


def test_faults_count_apart_and_anew_with_each_script() -> None:
    faults = under()
    faults.strikes("drop", Pick())
    faults.strikes("drop", Pick())
    faults.strikes("duplicate", Pick())
    assert faults.counts == {"drop": 2, "duplicate": 1}

    faults.set(FaultScript())

    assert faults.counts == {}


def test_without_a_window_nothing_is_shuffled() -> None:
    assert under().shuffled([3, 1, 2]) == [3, 1, 2]


def test_a_reset_is_due_once() -> None:
    faults = under(reset_after=2)

    assert [faults.is_last_before_reset() for _ in range(4)] == [False, True, False, False]


def test_a_delay_lies_between_itself_and_its_jitter() -> None:
    delays = [under(seed=n, delay=1, jitter=2).delay().total_seconds() for n in range(50)]

    assert all(1 <= delay <= 3 for delay in delays)
    assert under().delay() == timedelta()


def test_a_phone_keeps_its_faults_object_when_the_script_changes() -> None:
    book = FaultBook()
    held = book.of("255741000001")

    book.of("255741000001").set(FaultScript(half_open=True))

    assert held.script.half_open
    assert not book.of("255741000002").script.half_open


async def test_a_half_open_connection_waits_until_it_heals_or_ends() -> None:
    faults = under(half_open=True)
    over = False

    async def end() -> None:
        nonlocal over
        over = True
        faults.changed.ring()

    await asyncio.gather(faults.until_open(lambda: over), end())
    faults.set(FaultScript())
    await faults.until_open(lambda: False)


def test_a_spoilt_message_differs_in_its_ciphertext_alone() -> None:
    enc = Node("enc", {"type": "msg"}, bytes(40))
    message = Node("message", {"id": "A"}, (Node("device-identity", {}, b"x"), enc))

    spoilt = stanzas.spoilt(message)

    assert spoilt.get("enc").data != enc.data
    assert len(spoilt.get("enc").data) == 40
    assert spoilt.get("enc").attrs == enc.attrs
    assert (spoilt.attrs, spoilt.get("device-identity")) == (
        message.attrs,
        message.get("device-identity"),
    )
    assert enc.data == bytes(40)


async def test_nothing_overtakes_on_the_line() -> None:
    line, arrived, all_there = Line(), list[int](), asyncio.Event()

    def arrive(number: int) -> None:
        arrived.append(number)
        if len(arrived) == 4:
            all_there.set()

    def put(number: int, milliseconds: int) -> None:
        line.put(lambda: arrive(number), delay=timedelta(milliseconds=milliseconds))

    put(0, 0)
    assert arrived == [0]  # nothing to wait for
    put(1, 30)
    put(2, 0)
    put(3, 1)
    assert arrived == [0]

    running = asyncio.ensure_future(line.run())
    async with asyncio.timeout(5):
        await all_there.wait()
    running.cancel()

    assert arrived == [0, 1, 2, 3]
