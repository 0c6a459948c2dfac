"""All words of the portal, by key."""

from portal.texts.accounts import ACCOUNTS
from portal.texts.activity import ACTIVITY
from portal.texts.business import BUSINESS
from portal.texts.general import GENERAL
from portal.texts.home import HOME
from portal.texts.messages import MESSAGES
from portal.texts.settings import SETTINGS
from portal.texts.team import TEAM
from shared.web.texts import Text
from shared.web.words import WORDS

TEXTS: dict[str, Text] = {
    **WORDS,
    **GENERAL,
    **ACCOUNTS,
    **BUSINESS,
    **MESSAGES,
    **SETTINGS,
    **TEAM,
    **ACTIVITY,
    **HOME,
}
