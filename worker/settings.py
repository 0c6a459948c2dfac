"""The worker's environment: written by the control plane, never by hand."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated

import msgspec

from worker.inbox.unread import WAIT
from worker.outbox.pacing import Pacing
from worker.uplink.room import Bound

AtLeastOne = Annotated[int, msgspec.Meta(ge=1)]
_PACING = Pacing()
_BOUND = Bound()


class WorkerSettings(msgspec.Struct, frozen=True, kw_only=True):
    """token: from a control plane that puts none onto the volume yet.
    data_dir: the tenant's volume. image: as the container was started from, for display.

    session_generation: a higher one than the volume has seen begins a new WhatsApp session.
    outbound_*: the pacing of queued messages, see `Pacing`.
    outbox_max_*: how much may wait for the control plane, see `Bound`.
    unread_wait: for what could not be decrypted, see `worker/inbox/unread.py`.
    """

    tenant_id: str
    gateway_url: str
    token: str = ""
    data_dir: Path = Path("/data")
    image: str = "unknown"
    session_generation: int = 0
    log_level: str = "INFO"
    outbound_a_minute: AtLeastOne = _PACING.a_minute
    outbound_a_minute_per_chat: AtLeastOne = _PACING.a_minute_per_chat
    outbound_cold_chats_a_day: AtLeastOne = _PACING.cold_chats_a_day
    outbound_typing_per_character: timedelta = _PACING.typing_per_character
    outbound_typing_shortest: timedelta = _PACING.typing_shortest
    outbound_typing_longest: timedelta = _PACING.typing_longest

    outbox_max_events: AtLeastOne = _BOUND.events
    outbox_max_bytes: AtLeastOne = _BOUND.bytes

    unread_wait: timedelta = WAIT

    @property
    def outbox_bound(self) -> Bound:
        return Bound(events=self.outbox_max_events, bytes=self.outbox_max_bytes)

    @property
    def pacing(self) -> Pacing:
        return Pacing(
            a_minute=self.outbound_a_minute,
            a_minute_per_chat=self.outbound_a_minute_per_chat,
            cold_chats_a_day=self.outbound_cold_chats_a_day,
            typing_per_character=self.outbound_typing_per_character,
            typing_shortest=self.outbound_typing_shortest,
            typing_longest=self.outbound_typing_longest,
        )
