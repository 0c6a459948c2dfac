"""Numbers that differ only in form: WhatsApp names some accounts otherwise than people dial them.

An account keeps the JID it was made with, and numbering plans change: what is compared is one form
for all that ring the same phone. Only what cannot be two subscribers is taken for one.
"""

import re

# (as it may be written, as it is compared)
_FORMS = (
    # Mexico: 52 1 and ten digits dialled a mobile until 2019; most JIDs still have the 1.
    (re.compile(r"\+521(\d{10})"), r"+52\1"),
    # Argentina: 54 9 and ten digits is a mobile from abroad. The ten are nobody else's.
    (re.compile(r"\+549(\d{10})"), r"+54\1"),
    # Brazil: mobiles got a 9 before their eight digits, JIDs of before did not. Only where these
    # begin with 6 to 9: from 2 to 5 they are a fixed line's, and another subscriber's.
    (re.compile(r"\+55([1-9]\d)9([6-9]\d{7})"), r"+55\1\2"),
    # Benin: 01 before all of the eight digits, since November 2024.
    (re.compile(r"\+22901(\d{8})"), r"+229\1"),
)


def to_comparable(phone: str) -> str:
    """`phone` (E.164) as it is compared; for no reader, and not to be dialled."""
    for pattern, form in _FORMS:
        if pattern.fullmatch(phone):
            return pattern.sub(form, phone)
    return phone


def is_same_phone(one: str, other: str) -> bool:
    return to_comparable(one) == to_comparable(other)
