"""What strangers wrote, cut to what a page has room for. Pure."""

from html import escape

# Glue between the parts of one character: cut there, and half of it is shown.
_JOINERS = "\u200d\ufe0e\ufe0f"
# How far back a cut may go to end with a word.
_BACK = 40


def cut(text: str, most: int) -> tuple[str, bool]:
    """The beginning of `text` that takes `most` bytes in a page, and whether it is not all."""
    end = _end_within(text, most)
    if end == len(text):
        return text, False
    space = max(text.rfind(" ", end - _BACK, end), text.rfind("\n", end - _BACK, end))
    return text[: space if space > 0 else end].rstrip(_JOINERS + " \n"), True


def one_line(text: str, most: int) -> str:
    """For a list: without line breaks, and with a sign where it goes on."""
    beginning, is_cut = cut(" ".join(text.split()), most)
    return f"{beginning}…" if is_cut else beginning


def parts_of(text: str, most: int) -> list[str]:
    """All of it, in pieces that take `most` bytes each."""
    parts = []
    while text:
        end = max(_end_within(text, most), 1)
        parts.append(text[:end])
        text = text[end:]
    return parts or [""]


def _end_within(text: str, most: int) -> int:
    # No character takes less than a byte, nor more than `&quot;`.
    if len(escape(text[:most]).encode()) <= most and len(text) <= most:
        return len(text)
    taken = 0
    for place, character in enumerate(text):
        taken += len(escape(character).encode())
        if taken > most:
            return place
    return len(text)
