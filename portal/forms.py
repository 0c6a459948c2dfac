"""What a browser posted, as plain text."""

from portal.visitor import PageRequest

# Longer than any value that a form of ours takes.
MAX_LENGTH = 2000


async def read_form(request: PageRequest) -> dict[str, str]:
    """Every value that is text, without the white space around it; files and excess are dropped."""
    given = await request.form()
    return {
        name: value.strip()[:MAX_LENGTH] for name, value in given.items() if isinstance(value, str)
    }
