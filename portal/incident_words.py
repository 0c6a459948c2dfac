"""What befell a bot, in plain words. Pure."""

from portal.texts import TEXTS
from shared.enums import IncidentKind, Language, SessionReason
from shared.structs.incidents import IncidentView

_ENDS = {
    IncidentKind.CONFIGURATION: "befell.not_started",
    IncidentKind.START_FAILED: "befell.not_started",
    IncidentKind.DISK_FULL: "befell.disk_full",
    IncidentKind.SESSION_ENDED: "befell.link_ended",
    IncidentKind.FRAMES_REFUSED: "befell.misread",
    IncidentKind.PLATFORM_ERROR: "befell.our_fault",
}
_LOSSES = {
    SessionReason.DEVICE_REMOVED: "befell.removed",
    SessionReason.WRONG_PHONE: "befell.wrong_phone",
    SessionReason.PHONE_TAKEN: "befell.taken",
    SessionReason.TEMPORARY_BAN: "befell.banned",
    SessionReason.PASSKEY_REQUIRED: "befell.passkey",
    SessionReason.WORKER_SILENT: "befell.silent",
    SessionReason.CLIENT_OUTDATED: "befell.outdated",
    SessionReason.STREAM_REPLACED: "befell.replaced",
}


def say_incident(incident: IncidentView, *, back_at: str | None, language: Language) -> str:
    """back_at: when the link was back, as people say it."""
    if incident.reason is None:
        return TEXTS[_ENDS.get(incident.kind, "befell.stopped")].in_(language)
    said = TEXTS[_LOSSES.get(incident.reason, "befell.lost")].in_(language)
    if back_at is None:
        return said
    back = TEXTS["befell.back"].in_(language).format(at=back_at)
    return f"{said} {back}"
