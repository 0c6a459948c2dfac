"""A real neonize client in its own process: prints what happens as JSON lines, and echoes.

    python companion.py SESSION_FILE

Its environment points it at the sandbox: PYTHONPATH (patched library), SSL_CERT_FILE and
HTTPS_PROXY must all be there when the process starts.
"""

import asyncio
import json
import sys

from neonize.aioze.client import NewAClient
from neonize.aioze.events import (
    ConnectedEv,
    ConnectFailureEv,
    DisconnectedEv,
    LoggedOutEv,
    MessageEv,
    PairStatusEv,
    ReceiptEv,
    StreamReplacedEv,
    TemporaryBanEv,
)
from neonize.utils.jid import build_jid


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
        say("message", id=message.Info.ID, sender=source.Sender.User, text=text, own=own)
        if own:
            return
        async with quiet:
            # The client loses answers sent while it decrypts from the same chat.
            await asyncio.sleep(0.1)
            sent = await client.send_message(source.Chat, f"echo: {text}")
        say("sent", id=sent.ID)

    for event in (
        ConnectedEv,
        ConnectFailureEv,
        DisconnectedEv,
        LoggedOutEv,
        PairStatusEv,
        StreamReplacedEv,
        TemporaryBanEv,
    ):
        client.event(event)(_teller(event.__name__))

    @client.event(ReceiptEv)
    async def on_receipt(_: NewAClient, receipt: ReceiptEv) -> None:
        say("receipt", ids=list(receipt.MessageIDs), type=int(receipt.Type))

    await client.connect()
    await _obey(client)


def _teller(name: str):
    async def tell(_: NewAClient, __: object) -> None:
        say(name)

    return tell


async def _obey(client: NewAClient) -> None:
    """Takes `{"send": text, "to": digits}` lines from standard input."""
    while line := await asyncio.to_thread(sys.stdin.readline):
        order = json.loads(line)
        sent = await client.send_message(build_jid(order["to"]), order["send"])
        say("sent", id=sent.ID)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
