"""Keeps the client library from using a message key twice: a trigger in its session file.

To send, the library reads a contact's Signal session, takes the next message key and writes the
session back; to decrypt a message of the same contact it does likewise, at the same time, with
nothing between the two (whatsmeow #1095). When the decryption read first and writes last, its
session still holds the key that the send has used; the next message to that contact is
encrypted with it again, and the contact's phone drops that message in silence.

The trigger looks at what is written over what: where the sending chain is the same and its
counter falls, the write is left out. Nothing is lost by that. The message is decrypted already;
what its write would have kept is how far the *receiving* chain is, and the receiver derives
that again from the next message. A write that begins a new sending chain uses no old key and
is let through.
"""

_NAME = "flowhq_no_key_twice"
# A session is libsignal's record as JSON, in a column for bytes.
_CHAIN = "$.SessionState.SenderChain"


def _read(row: str, path: str) -> str:
    record = f"CAST({row}.session AS TEXT)"
    # A record of another form is never held back: the library's write must not fail by us.
    return f"CASE WHEN json_valid({record}) THEN json_extract({record}, '{_CHAIN}.{path}') END"


PLACE = f"""
    CREATE TRIGGER IF NOT EXISTS {_NAME} BEFORE UPDATE OF session ON whatsmeow_sessions
    WHEN {_read("NEW", "ChainKey.Index")} < {_read("OLD", "ChainKey.Index")}
     AND {_read("NEW", "SenderRatchetKeyPublic")} = {_read("OLD", "SenderRatchetKeyPublic")}
    BEGIN SELECT RAISE(IGNORE); END
"""
# Before the library opens the file: what it may do to its tables, it does without us.
LIFT = f"DROP TRIGGER IF EXISTS {_NAME}"
