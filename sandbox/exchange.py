"""All the books of the simulated service, opened together."""

from pathlib import Path

import msgspec

from sandbox.devices.mailboxes import Mailboxes
from sandbox.devices.register import DeviceRegister
from sandbox.faults.faults import FaultBook
from sandbox.linking.offers import Offers
from sandbox.linking.pairings import Pairings
from sandbox.media.files import MediaFiles
from sandbox.people.directory import Directory
from sandbox.people.inboxes import Inboxes
from sandbox.people.ratchets import Ratchets
from sandbox.people.withheld import WithheldMessages
from sandbox.store import Store
from sandbox.streams.connections import Connections
from shared.clock import Clock


class Exchange(msgspec.Struct, frozen=True):
    """Each book answers one question; nothing here decides anything."""

    store: Store
    clock: Clock
    directory: Directory
    devices: DeviceRegister
    mailboxes: Mailboxes
    ratchets: Ratchets
    inboxes: Inboxes
    withheld: WithheldMessages
    offers: Offers
    pairings: Pairings
    connections: Connections
    faults: FaultBook
    files: MediaFiles


def open_exchange(store: Store, clock: Clock, *, files: Path) -> Exchange:
    """files: the directory of those that people send. Raises SettingsError when it is of no use."""
    return Exchange(
        store=store,
        clock=clock,
        directory=Directory(store),
        devices=DeviceRegister(store),
        mailboxes=Mailboxes(store),
        ratchets=Ratchets(store),
        inboxes=Inboxes(store),
        withheld=WithheldMessages(store),
        offers=Offers(clock),
        pairings=Pairings(clock),
        connections=Connections(),
        faults=FaultBook(),
        files=MediaFiles(files),
    )
