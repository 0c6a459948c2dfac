"""A customer installs WhatsApp anew: the same number, other keys, and no session left."""

import structlog

from sandbox.exchange import Exchange
from sandbox.people.message_ids import new_message_id
from sandbox.people.person import renew_keys
from sandbox.streams import stanzas

log = structlog.get_logger(__name__)


def reinstall(exchange: Exchange, number: str, *, silently: bool) -> None:
    """silently: the devices that had a session are not told. Raises NotFoundError."""
    customer = exchange.directory.get_customer(number)
    renew_keys(customer)
    exchange.directory.save(customer)
    for peer in exchange.ratchets.forget_person(customer):
        if silently or exchange.devices.find(peer) is None:
            continue
        changed = stanzas.identity_changed(
            customer.lid_jid, stanza_id=new_message_id(), now=exchange.clock.now()
        )
        exchange.mailboxes.of(peer).add(changed)
    exchange.store.commit()
    log.info("customer.reinstalled", customer=number)
