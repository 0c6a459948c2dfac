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
