"""A real neonize client in its own process: prints what happens as JSON lines, and echoes.

    python companion.py SESSION_FILE

Its environment points it at the sandbox: PYTHONPATH (patched library), SSL_CERT_FILE and
HTTPS_PROXY must all be there when the process starts.
"""

import asyncio
import json
import sys
from collections.abc import Callable
from typing import Any

from neonize.aioze.client import NewAClient
from neonize.aioze.events import (
    ChatPresenceEv,
    ClientOutdatedEv,
    ConnectedEv,
    ConnectFailureEv,
    DisconnectedEv,
    KeepAliveRestoredEv,
    KeepAliveTimeoutEv,
    LoggedOutEv,
    MessageEv,
    PairStatusEv,
    ReceiptEv,
    StreamErrorEv,
    StreamReplacedEv,
    TemporaryBanEv,
)
from neonize.events import UndecryptableMessageEv
from neonize.exc import SendMessageError
from neonize.utils.jid import build_jid


def _nothing(_: object) -> dict[str, object]:
    return {}


TOLD: dict[type, Callable[[Any], dict[str, object]]] = {
    ConnectedEv: _nothing,
    ClientOutdatedEv: _nothing,
    DisconnectedEv: _nothing,
    KeepAliveRestoredEv: _nothing,
    PairStatusEv: _nothing,
    StreamReplacedEv: _nothing,
    KeepAliveTimeoutEv: lambda event: {"errors": event.ErrorCount},
    LoggedOutEv: lambda event: {"on_connect": event.OnConnect, "reason": event.Reason},
    UndecryptableMessageEv: lambda event: {
        "id": event.Info.ID,
        "unavailable": event.IsUnavailable,
    },
    ConnectFailureEv: lambda event: {"reason": event.Reason, "message": event.Message},
    TemporaryBanEv: lambda event: {"code": event.Code, "expire": event.Expire},
    StreamErrorEv: lambda event: {"code": event.Code},
    ReceiptEv: lambda event: {"ids": list(event.MessageIDs), "type": int(event.Type)},
    ChatPresenceEv: lambda event: {"state": event.State, "media": event.Media},
}


def say(kind: str, **values: object) -> None:
    sys.stdout.write(json.dumps({"kind": kind, **values}) + "\n")
    sys.stdout.flush()


def text_of(message: MessageEv) -> str:
    return message.Message.conversation or message.Message.extendedTextMessage.text


async def main(session: str) -> None:
    client = NewAClient(session)
    quiet = asyncio.Lock()

    @client.qr
    async def on_qr(_: NewAClient, qr: bytes) -> None:
        say("qr", qr=qr.decode())

    @client.event(MessageEv)
    async def on_message(_: NewAClient, message: MessageEv) -> None:
        text, source = text_of(message), message.Info.MessageSource
        if source.IsFromMe and not text:
            say("own")
            return
        own = source.IsFromMe
        say(
            "message",
            id=message.Info.ID,
            sender=source.Sender.User,
            phone=source.SenderAlt.User,
            chat=source.Chat.User,
            text=text,
            own=own,
            at=message.Info.Timestamp,
        )
        if own or text.startswith("quiet"):
            return
        async with quiet:
            # The client loses answers sent while it decrypts from the same chat.
            await asyncio.sleep(0.1)
            sent = await client.send_message(source.Chat, f"echo: {text}")
        say("sent", id=sent.ID)

    for event, values in TOLD.items():
        client.event(event)(_teller(event.__name__, values))

    await client.connect()
    await _obey(client)


def _teller(name: str, values: Callable[[Any], dict[str, object]]):
    kind = {"Receipt": "receipt", "ChatPresence": "typing"}.get(name, name)

    async def tell(_: NewAClient, event: object) -> None:
        say(kind, **values(event))

    return tell


async def _obey(client: NewAClient) -> None:
    """Takes `{"send": text, "to": digits}` lines from standard input."""
    while line := await asyncio.to_thread(sys.stdin.readline):
        order = json.loads(line)
        try:
            sent = await client.send_message(build_jid(order["to"]), order["send"])
        except SendMessageError as error:
            say("failed", error=str(error))
        else:
            say("sent", id=sent.ID)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
