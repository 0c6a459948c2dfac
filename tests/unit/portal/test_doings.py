"""What happened, in words."""

import pytest

from portal.doings import _SETTINGS, say
from shared.enums import Language
from shared.stores.portal_events import PortalEvent
from shared.structs.tenants import TenantConfig
from tests.fakes.businesses import NOW


def words(event_type: str, language: Language = Language.EN, **payload) -> str:
    event = PortalEvent(event_type=event_type, payload=payload, created_at=NOW)
    return say(event, names={"1": "asha@x.de"}, language=language)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (words("signed_in", member="1"), "asha@x.de signed in"),
        (words("signed_in", member="2"), "Somebody who has left signed in"),
        (words("signed_in", member="2", who="juma@x.de"), "juma@x.de signed in"),
        (
            words("settings_changed", who="a", changed=["hours", "holidays", "unknown"]),
            "a changed the opening hours, the holidays",
        ),
        (words("invited", Language.SW, who="a", email="b", role="STAFF"),
         "a alimwalika b kama mfanyakazi"),
        (words("a thing of tomorrow", who="{0}"), "{0} did something else"),
    ],
)  # fmt: skip
def test_it_is_said_who_did_what(said, expected):
    assert said == expected


def test_every_setting_has_a_word():
    assert set(TenantConfig.__struct_fields__) == set(_SETTINGS)


@pytest.mark.parametrize("event_type", ["replied", "chat_taken", "chat_handed_back"])
def test_what_is_done_in_a_chat_names_it(event_type):
    assert "+255712" in words(event_type, member="1", chat="+255712")


def test_who_saved_a_table_is_said():
    assert words("messages_exported", member="1") == "asha@x.de saved messages as a table"
