"""What was done in a business's portal, in plain words. Pure."""

from collections.abc import Mapping

from portal.texts import TEXTS
from shared.enums import Language
from shared.stores.portal_events import PortalEvent

# What the words need of the payload besides who it was.
_SAID = {
    "signed_in": "activity.signed_in",
    "signed_in_new_device": "activity.signed_in_new_device",
    "owners_only": "activity.owners_only",
    "sign_in_failed": "activity.sign_in_failed",
    "password_reset": "activity.password_reset",
    "business_described": "activity.business_described",
    "qr_round_asked": "activity.qr_round_asked",
    "pairing_code_asked": "activity.pairing_code_asked",
    "settings_changed": "activity.settings_changed",
    "number_changed": "activity.number_changed",
    "invited": "activity.invited",
    "invitation_withdrawn": "activity.invitation_withdrawn",
    "joined": "activity.joined",
    "role_changed": "activity.role_changed",
    "member_removed": "activity.member_removed",
    "replied": "activity.replied",
    "chat_taken": "activity.chat_taken",
    "chat_handed_back": "activity.chat_handed_back",
    "messages_exported": "activity.messages_exported",
    "password_changed": "activity.password_changed",
}


_SETTINGS = {
    "template_type": "setting.template_type",
    "business_name": "setting.business_name",
    "language": "setting.language",
    "hours": "setting.hours",
    "quiet_hours": "setting.quiet_hours",
    "time_zone": "setting.time_zone",
    "holidays": "setting.holidays",
    "when_closed": "setting.when_closed",
    "texts": "setting.texts",
}
_ROLES = {"OWNER": "activity.role_owner", "STAFF": "activity.role_staff"}


def say(event: PortalEvent, *, names: Mapping[str, str], language: Language) -> str:
    """names: addresses of members by id, for what was written down without one."""

    def word(key: str) -> str:
        return TEXTS[key].in_(language)

    payload = event.payload
    known = names.get(str(payload.get("member"))) or word("activity.somebody")
    who = str(payload.get("who") or known)
    role = _ROLES.get(payload.get("role", ""))
    changed = (word(_SETTINGS[name]) for name in payload.get("changed", ()) if name in _SETTINGS)
    text = word(_SAID.get(event.event_type, "activity.other"))
    return text.format(
        who=who,
        email=payload.get("email", ""),
        network=payload.get("network", ""),
        chat=payload.get("chat", ""),
        before=payload.get("before", ""),
        after=payload.get("after", ""),
        what=", ".join(changed),
        role=word(role) if role else "",
    )
