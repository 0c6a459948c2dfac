"""What the library writes down of a message before it hands it over: that it was there.

A message of an official client holds a secret, by which votes and reactions are read later on; the
library keeps it in its session file, under the message's id, between decrypting and handing over.
Of messages that were inside the library when the process was killed, this is all that is left.
"""

import msgspec

from shared.wire.events import Party

# More than the library can hold: its channel takes a hundred, and it waits with the next. Past
# chats, which a phone hands over after linking, are noted likewise, and by the thousand.
MOST = 150
# The newest first, and one more than can be lost.
NEWEST = """
    SELECT s.rowid, s.our_jid, d.lid, s.message_id, s.chat_jid, s.sender_jid, m.pn
      FROM whatsmeow_message_secrets s
      JOIN whatsmeow_device d ON d.jid = s.our_jid
      LEFT JOIN whatsmeow_lid_map m ON m.lid || '@lid' = s.chat_jid
     ORDER BY s.rowid DESC LIMIT 151
"""


class Noted(msgspec.Struct, frozen=True, kw_only=True):
    """position: ascends in the order of decryption, for one device. contact: who wrote it to us
    alone; None for what was written in a group, and for our own.
    """

    position: int
    device: str
    wa_message_id: str
    contact: Party | None


def read_row(row: tuple[str | None, ...]) -> Noted:
    position, device, own_lid, wa_message_id, chat, sender, phone = (each or "" for each in row)
    is_own = _user(chat) in {_user(device), _user(own_lid)}
    return Noted(
        position=int(position),
        device=device,
        wa_message_id=wa_message_id,
        contact=_contact(chat, phone) if sender == chat and not is_own else None,
    )


def _contact(chat: str, phone: str) -> Party | None:
    match chat.partition("@"):
        case _, _, "lid":
            return Party(lid=chat, phone=f"+{phone}" if phone else None)
        case user, _, "s.whatsapp.net":
            return Party(phone=f"+{user}")
        case _:
            return None


def _user(jid: str) -> str:
    """Of `user:device@server`."""
    return jid.partition("@")[0].partition(":")[0]
