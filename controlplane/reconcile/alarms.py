"""What many links have in common, from their rows alone. Pure.

One link that is refused is its tenant's matter. When WhatsApp turns away a client version, all
workers of an image are refused within minutes: that is one thing to do, not one for each tenant.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import timedelta

from shared.enums import SessionReason
from shared.structs.alarms import Alarm
from shared.structs.fleet import AilingLink

# What WhatsApp does to clients, as opposed to what a person does with one phone.
REASONS = frozenset(
    {
        SessionReason.CLIENT_OUTDATED,
        SessionReason.REFUSED,
        SessionReason.LOGIN_LOST,
        SessionReason.TEMPORARY_BAN,
    }
)
# Two may be chance; three of one kind within half an hour are not. WhatsApp turns a version away
# in steps, and a worker learns it with its next login.
SEVERAL = 3
WINDOW = timedelta(minutes=30)
# As many as a person would look into; the count says how many there are.
EXAMPLES = 10


def derive_alarms(ailing: Iterable[AilingLink]) -> list[Alarm]:
    """The same rows give the same alarms: nothing is remembered from one look to the next."""
    groups: dict[tuple[SessionReason, str, str], list[AilingLink]] = defaultdict(list)
    for link in ailing:
        groups[link.reason, _kind_of_refusal(link), link.image].append(link)
    alarms = [
        _to_alarm(members)
        for members in (sorted(group, key=_begun) for group in groups.values())
        if _came_together(members)
    ]
    return sorted(alarms, key=lambda alarm: (-alarm.count, alarm.reason, alarm.image))


def _kind_of_refusal(link: AilingLink) -> str:
    """Refusals with different words have different causes; elsewhere the detail counts tries."""
    return link.detail if link.reason is SessionReason.REFUSED else ""


def _came_together(members: Sequence[AilingLink]) -> bool:
    """members: oldest first. Whether any SEVERAL of them began within the window."""
    pairs = zip(members, members[SEVERAL - 1 :], strict=False)
    return any(last.since - first.since <= WINDOW for first, last in pairs)


def _to_alarm(members: Sequence[AilingLink]) -> Alarm:
    first = members[0]
    return Alarm(
        reason=first.reason,
        who_must_act=first.reason.actor,
        detail=_kind_of_refusal(first),
        image=first.image,
        count=len(members),
        since=first.since,
        tenants=[link.tenant_id for link in members[:EXAMPLES]],
    )


def _begun(link: AilingLink) -> tuple[object, ...]:
    return link.since, str(link.tenant_id)
