"""What each template offers: its menu, in order, and the questions behind a choice."""

import msgspec

from shared.enums import TemplateType, Topic
from shared.flows.conversation import Step


class Template(msgspec.Struct, frozen=True):
    """menu: numbered from 1. understood: recognised by word as well, without a number.
    forms: the steps asked, one after the other, once a topic is chosen.
    """

    menu: tuple[Topic, ...]
    understood: tuple[Topic, ...]
    forms: dict[Topic, tuple[Step, ...]]


# Topics that are answered at once, and so can be in the business's own words. Hours are not:
# they are told from what was set.
ANSWERED = frozenset({Topic.SERVICES, Topic.PRICES, Topic.CONTACT, Topic.PRODUCTS, Topic.DELIVERY})

TEMPLATES = {
    TemplateType.BOOKING: Template(
        menu=(Topic.SERVICES, Topic.PRICES, Topic.CONTACT, Topic.BOOK),
        understood=(Topic.HOURS,),
        forms={Topic.BOOK: (Step.SERVICE, Step.DATE)},
    ),
    TemplateType.ECOMMERCE: Template(
        menu=(Topic.PRODUCTS, Topic.PRICES, Topic.ORDER, Topic.DELIVERY),
        understood=(Topic.CONTACT, Topic.HOURS),
        forms={Topic.ORDER: (Step.PRODUCT, Step.QUANTITY)},
    ),
    TemplateType.SUPPORT: Template(
        menu=(Topic.ISSUE, Topic.QUESTION, Topic.CONTACT, Topic.HOURS),
        understood=(),
        forms={Topic.ISSUE: (Step.DETAILS,), Topic.QUESTION: (Step.DETAILS,)},
    ),
}
