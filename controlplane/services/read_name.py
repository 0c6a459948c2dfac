"""A name as an operator gives it, without what nobody sees. Pure."""

from shared.errors import InvalidInputError
from shared.names import clean_name


def read_name(field: str, text: str) -> str:
    """Raises InvalidInputError for one of which nothing is left."""
    name = clean_name(text)
    if not name:
        raise InvalidInputError(field, "must hold something that can be seen")
    return name
