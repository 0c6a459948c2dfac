"""What a browser posted, as plain text."""

from shared.web.requests import PageRequest

# Longer than any value that a form of ours takes.
MAX_LENGTH = 2000


async def read_form(request: PageRequest, *, longest: int = MAX_LENGTH) -> dict[str, str]:
    """Every value that is text; files and what is longer than any field of ours are cut away."""
    given = await request.form()
    return {name: value[:longest] for name, value in given.items() if isinstance(value, str)}
