"""What the sandbox remembers, and that it still does after a restart."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sandbox.crypto import curve, xeddsa
from sandbox.devices.device import Device, DeviceKey, PublicPrekey, SignedPrekey
from sandbox.devices.mailboxes import Letter, Mailboxes, parcel_kind
from sandbox.devices.register import DeviceRegister
from sandbox.messages.seen import Seen
from sandbox.people.directory import Directory
from sandbox.people.inboxes import Inboxes
from sandbox.people.person import make_person, make_phone_side
from sandbox.people.ratchets import Ratchets
from sandbox.ratchet.envelopes import read_prekey_message
from sandbox.ratchet.opening import Bundle
from sandbox.ratchet.session import UndecryptableError, UsedKeyError
from sandbox.store import Store
from sandbox.wire.nodes import Jid, Node
from shared.errors import ConflictError, NotFoundError, SettingsError

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
KEY = DeviceKey("255741000001", 1)
LETTER = Letter("255741000002", b"plaintext")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state.sqlite"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    store = Store(path)
    yield store
    store.close()


def message(message_id: str) -> Node:
    return Node("message", {"id": message_id})


def device() -> Device:
    return Device(
        key=KEY,
        lid="100000000000001",
        key_index=1,
        noise_key=bytes(32),
        identity=bytes(32),
        registration_id=1,
        signed_prekey=SignedPrekey(1, bytes(32), bytes(64)),
        linked_at=NOW,
    )


class TestStore:
    def test_two_sandboxes_do_not_share_a_state(self, store: Store, path: Path) -> None:
        store.put("kind", "key", 1)

        with pytest.raises(SettingsError, match="not usable"):
            Store(path)

    def test_the_state_is_nobody_elses_to_read(self, store: Store, path: Path) -> None:
        assert path.stat().st_mode & 0o777 == 0o600

    def test_a_directory_in_the_way_is_a_clear_error(self, tmp_path: Path) -> None:
        with pytest.raises(SettingsError):
            Store(tmp_path)


class TestMailbox:
    def test_a_parcel_stays_until_it_is_settled(self, store: Store) -> None:
        box = Mailboxes(store).of(KEY)
        parcels = [box.add(message(name), letter=LETTER) for name in "abc"]

        box.settle(parcels[1])
        store.commit()

        assert [one.id for one in box.after(0, limit=9)] == ["a", "c"]
        assert [one.id for one in Mailboxes(store).of(KEY).after(0, limit=9)] == ["a", "c"]

    def test_what_was_sent_on_this_stream_is_not_sent_again(self, store: Store) -> None:
        box = Mailboxes(store).of(KEY)
        first, second = (box.add(message(name)) for name in "ab")

        assert box.after(first.seq, limit=9) == [second]
        assert not box.has_after(second.seq)

    def test_a_taken_parcel_is_not_sent_again_but_can_be_asked_for(self, store: Store) -> None:
        box = Mailboxes(store).of(KEY)
        box.take(box.add(message("a"), letter=LETTER), now=NOW)

        box = Mailboxes(store).of(KEY)
        assert box.after(0, limit=9) == []
        kept = box.find("message", "a")
        assert kept is not None

        box.renew(kept, attempt=1)
        assert [(one.id, one.attempt) for one in box.after(0, limit=9)] == [("a", 1)]

    def test_only_so_many_taken_parcels_are_kept(self, store: Store) -> None:
        box = Mailboxes(store).of(KEY)
        for number in range(150):
            box.take(box.add(message(str(number)), letter=LETTER), now=NOW)

        assert box.find("message", "49") is None
        assert box.find("message", "50") is not None

    def test_two_people_may_ask_for_one_message_again(self, store: Store) -> None:
        box = Mailboxes(store).of(KEY)
        for author in ("100000000000001", "100000000000002"):
            box.add(Node("receipt", {"type": "retry", "id": "a", "from": Jid(author, "lid")}))

        box = Mailboxes(store).of(KEY)
        assert len(box) == 2
        asked = box.find("receipt", "a", kind=parcel_kind("retry", "100000000000001@lid"))
        assert asked is not None
        box.settle(asked)
        assert len(box) == 1

    def test_settling_twice_is_settling_once(self, store: Store) -> None:
        box = Mailboxes(store).of(KEY)
        parcel = box.add(message("a"))

        box.settle(parcel)
        box.settle(parcel)

        assert len(box) == 0


class TestDirectory:
    def test_people_are_found_by_number_and_by_lid_after_a_restart(self, store: Store) -> None:
        person = Directory(store).create(number="255741000009", name="Neema", phone=None)

        again = Directory(store)

        assert again.find(person.pn_jid) == again.find(person.lid_jid) == person

    def test_a_number_is_given_once(self, store: Store) -> None:
        directory = Directory(store)
        directory.create(number="255741000009", name=None, phone=None)

        with pytest.raises(ConflictError, match="exists already"):
            directory.create(number="255741000009", name=None, phone=make_phone_side())

    def test_a_customer_is_no_phone(self, store: Store) -> None:
        directory = Directory(store)
        customer = directory.create(number=None, name=None, phone=None)

        with pytest.raises(NotFoundError):
            directory.get_phone(customer.number)

    def test_made_up_numbers_are_tanzanian_mobiles(self, store: Store) -> None:
        number = Directory(store).create(number=None, name=None, phone=None).number

        assert number.startswith("2557")
        assert len(number) == 12


class TestDeviceRegister:
    def test_a_prekey_is_handed_out_once_even_across_a_restart(self, store: Store) -> None:
        register = DeviceRegister(store)
        register.add(device())
        keys = [PublicPrekey(number, bytes((number,)) * 32) for number in (1, 2)]
        register.replace_keys(device(), signed=device().signed_prekey, prekeys=keys)

        first = register.take_bundle(device())
        second = DeviceRegister(store).take_bundle(device())
        third = DeviceRegister(store).take_bundle(device())

        assert [one.prekey_id for one in (first, second, third)] == [1, 2, None]

    def test_a_bundle_can_be_had_without_a_prekey_though_there_are_some(self, store: Store) -> None:
        register = DeviceRegister(store)
        register.add(device())
        keys = [PublicPrekey(1, bytes(32))]
        register.replace_keys(device(), signed=device().signed_prekey, prekeys=keys)

        assert register.take_bundle(device(), with_prekey=False).prekey_id is None
        assert register.count_prekeys(KEY) == 1

    def test_dropped_prekeys_are_gone_after_a_restart_too(self, store: Store) -> None:
        register = DeviceRegister(store)
        register.add(device())
        keys = [PublicPrekey(1, bytes(32))]
        register.replace_keys(device(), signed=device().signed_prekey, prekeys=keys)

        register.drop_prekeys(KEY)

        assert register.count_prekeys(KEY) == DeviceRegister(store).count_prekeys(KEY) == 0

    def test_a_removed_device_leaves_nothing(self, store: Store) -> None:
        register = DeviceRegister(store)
        register.add(device())
        register.remove(KEY)

        assert DeviceRegister(store).find(KEY) is None


class TestInbox:
    def test_items_count_from_one_and_survive(self, store: Store) -> None:
        inbox = Inboxes(store).of("255741000002")
        for text in ("a", "b"):
            inbox.add(message_id=text, sender="255741000001", seen=Seen(text=text), at=NOW)

        again = Inboxes(store).of("255741000002")

        assert [(item.n, item.text) for item in again.after(0)] == [(1, "a"), (2, "b")]
        assert [item.text for item in again.after(1)] == ["b"]
        assert again.find("255741000001", "a") == again.after(0)[0]

    def test_a_dropped_message_that_comes_readable_is_no_longer_dropped(self, store: Store) -> None:
        inbox = Inboxes(store).of("255741000002")
        inbox.drop("a")
        inbox.drop("b")

        inbox.add(message_id="a", sender="255741000001", seen=Seen(text="a"), at=NOW)

        assert inbox.dropped == Inboxes(store).of("255741000002").dropped == ["b"]


class TestRatchets:
    """A customer and a companion; the companion's side is played by another person."""

    customer = make_person(number="255741000002", lid="100000000000002", name="Juma")
    worker = make_person(number="255741000001", lid="100000000000001", name="Duka")
    customer_key = DeviceKey("255741000002", 0)

    def bundle(self) -> Bundle:
        signed = curve.public_of(self.worker.signed_prekey)
        return Bundle(
            registration_id=1,
            identity=curve.public_of(self.worker.identity),
            signed_prekey_id=1,
            signed_prekey=signed,
            signature=xeddsa.sign(self.worker.identity, curve.typed(signed)),
        )

    def open(self, ratchets: Ratchets, enc: Node) -> bytes:
        identity = curve.public_of(self.customer.identity)
        return ratchets.open(self.worker, self.customer_key, enc, identity=identity)

    def test_a_session_goes_on_after_a_restart(self, store: Store) -> None:
        first = Ratchets(store).seal(self.customer, KEY, b"one", bundle=self.bundle)
        second = Ratchets(store).seal(self.customer, KEY, b"two", bundle=self.bundle)

        assert self.open(Ratchets(store), second) == b"two"
        assert self.open(Ratchets(store), first) == b"one"

    def test_the_same_ciphertext_twice_is_a_used_key(self, store: Store) -> None:
        ratchets = Ratchets(store)
        enc = ratchets.seal(self.customer, KEY, b"one", bundle=self.bundle)
        self.open(ratchets, enc)

        with pytest.raises(UsedKeyError):
            self.open(ratchets, enc)

    def test_a_message_in_an_older_session_is_still_read(self, store: Store) -> None:
        ratchets = Ratchets(store)
        older = ratchets.seal(self.customer, KEY, b"old", bundle=self.bundle)
        other = Ratchets(store)
        other.forget_device(KEY)
        newer = other.seal(self.customer, KEY, b"new", bundle=self.bundle)

        assert self.open(ratchets, newer) == b"new"
        assert self.open(ratchets, older) == b"old"

    def test_a_person_forgets_its_own_side_and_nobody_elses(self, store: Store) -> None:
        ratchets = Ratchets(store)
        ratchets.seal(self.customer, KEY, b"one", bundle=self.bundle)
        ratchets.seal(self.worker, self.customer_key, b"one", bundle=self.bundle)

        assert ratchets.forget_person(self.customer) == [KEY]

        again = Ratchets(store)
        assert not again.has_session(self.customer, KEY)
        assert again.has_session(self.worker, self.customer_key)

    def test_without_a_session_there_is_nothing_to_open_with(self, store: Store) -> None:
        enc = Ratchets(store).seal(self.customer, KEY, b"one", bundle=self.bundle)
        message = read_prekey_message(enc.data).message
        inner = Node("enc", {"type": "msg"}, message.signed + message.mac)

        with pytest.raises(UndecryptableError, match="no session"):
            self.open(Ratchets(store), inner)

    def test_somebody_elses_identity_is_refused(self, store: Store) -> None:
        ratchets = Ratchets(store)
        enc = ratchets.seal(self.customer, KEY, b"one", bundle=self.bundle)

        with pytest.raises(UndecryptableError, match="identity"):
            ratchets.open(self.worker, self.customer_key, enc, identity=bytes(32))
