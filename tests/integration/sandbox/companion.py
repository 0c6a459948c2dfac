"""A real neonize client in its own process: prints what happens as JSON lines, and echoes.

    python companion.py SESSION_FILE

Its environment points it at the sandbox: PYTHONPATH (patched library), SSL_CERT_FILE and
HTTPS_PROXY must all be there when the process starts. Orders come as JSON lines on standard
input; `ORDERS` names them.
"""

# ruff: noqa: E402  what the first lines leave out must be left out first

import sys
from types import ModuleType


class _LeftOut(ModuleType):
    def __getattr__(self, name: str) -> type[Exception]:
        return ValueError  # a name that is imported; it is never called, nor ever raised


# For previews of links and for a command of httpx's own, neonize loads what takes half a second of
# each of a hundred processes, and none of them does either.
sys.modules["rich"] = None  # type: ignore[assignment]  # the documented way to make it fail
for module in ("linkpreview", "linkpreview.exceptions"):
    sys.modules[module] = _LeftOut(module)

import asyncio
import json
from base64 import b64decode
from collections.abc import Callable
from hashlib import sha256
from typing import Any

from google.protobuf.json_format import MessageToDict, ParseDict
from neonize.aioze.client import NewAClient
from neonize.aioze.events import (
    CallOfferEv,
    ChatPresenceEv,
    ClientOutdatedEv,
    ConnectedEv,
    ConnectFailureEv,
    DisconnectedEv,
    HistorySyncEv,
    IdentityChangeEv,
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
from neonize.exc import NeonizeError
from neonize.proto.waE2E.WAWebProtobufsE2E_pb2 import Message
from neonize.utils.enum import MediaType
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
    HistorySyncEv: lambda event: {
        "chats": [len(chat.messages) for chat in event.Data.conversations],
    },
    IdentityChangeEv: lambda event: {"who": event.JID.User, "implicit": event.Implicit},
    CallOfferEv: lambda event: {
        "id": event.basicCallMeta.callID,
        "caller": event.basicCallMeta.callCreator.User,
    },
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
        if message.Message.protocolMessage.HasField("appStateSyncKeyShare"):
            say("own")
            return
        own = source.IsFromMe
        say(
            "message",
            id=message.Info.ID,
            sender=source.Sender.User,
            phone=source.SenderAlt.User,
            chat=source.Chat.User,
            server=source.Chat.Server,
            text=text,
            own=own,
            edit=message.IsEdit,
            at=message.Info.Timestamp,
            content=MessageToDict(message.Message),
        )
        if own or not text or source.IsGroup or text.startswith("quiet"):
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


async def _send(client: NewAClient, order: dict[str, Any]) -> None:
    """send: a text, or a waE2E.Message as protobuf's JSON."""
    what = order["send"]
    message = what if isinstance(what, str) else ParseDict(what, Message())
    say("sent", id=(await client.send_message(build_jid(order["to"]), message)).ID)


async def _edit(client: NewAClient, order: dict[str, Any]) -> None:
    message = Message(conversation=order["text"])
    say("sent", id=(await client.edit_message(build_jid(order["to"]), order["edit"], message)).ID)


async def _delete(client: NewAClient, order: dict[str, Any]) -> None:
    me = await client.get_me()
    chat = build_jid(order["to"])
    say("sent", id=(await client.revoke_message(chat, me.JID, order["delete"])).ID)


async def _file(client: NewAClient, order: dict[str, Any]) -> None:
    """file: in base64; as: a field of waE2E.Message; more: further fields of it."""
    content, field = b64decode(order["file"]), order["as"]
    media_type = {"imageMessage": MediaType.MediaImage, "stickerMessage": MediaType.MediaImage,
        "videoMessage": MediaType.MediaVideo, "audioMessage": MediaType.MediaAudio,
        "documentMessage": MediaType.MediaDocument}[field]  # fmt: skip
    uploaded = await client.upload(content, media_type)
    message = Message()
    part = getattr(message, field)
    part.URL, part.directPath = uploaded.url, uploaded.DirectPath
    part.mediaKey, part.fileLength = uploaded.MediaKey, uploaded.FileLength
    part.fileSHA256, part.fileEncSHA256 = uploaded.FileSHA256, uploaded.FileEncSHA256
    ParseDict(order["more"], part)
    say("sent", id=(await client.send_message(build_jid(order["to"]), message)).ID)


async def _download(client: NewAClient, order: dict[str, Any]) -> None:
    content = await client.download_any(ParseDict(order["download"], Message()))
    say("downloaded", size=len(content), sha256=sha256(content).hexdigest())


ORDERS = {"send": _send, "edit": _edit, "delete": _delete, "file": _file, "download": _download}


async def _obey(client: NewAClient) -> None:
    while line := await asyncio.to_thread(sys.stdin.readline):
        order = json.loads(line)
        obey = next(obey for name, obey in ORDERS.items() if name in order)
        try:
            await obey(client, order)
        except NeonizeError as error:
            say("failed", error=str(error))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
