"""Names and numbers for people who were given none."""

import secrets

# Vodacom Tanzania's mobile prefixes: valid to `phonenumbers`, and plausible to a reader.
_PREFIXES = ("25574", "25575", "25576")
_FIRST = ("Amina", "Baraka", "Neema", "Juma", "Rehema", "Hamisi", "Zawadi", "Daudi", "Furaha")
_LAST = ("Mwangi", "Kimaro", "Mushi", "Nyerere", "Salum", "Mbwana", "Shayo", "Lyimo", "Massawe")
_LID_DIGITS = 15


def make_number() -> str:
    return secrets.choice(_PREFIXES) + f"{secrets.randbelow(10**7):07d}"


def make_lid() -> str:
    return str(10 ** (_LID_DIGITS - 1) + secrets.randbelow(9 * 10 ** (_LID_DIGITS - 1)))


def make_name() -> str:
    return f"{secrets.choice(_FIRST)} {secrets.choice(_LAST)}"
