"""A file as its sender declared it, in a few words. Pure."""

from shared.structs.media import Media

_UNITS = ("B", "kB", "MB", "GB")


def describe_file(media: Media) -> str:
    """`orodha.pdf · 82 kB`, `0:07`: what is known of it."""
    duration = None if media.duration is None else to_duration(media.duration)
    return " · ".join(filter(None, (media.file_name, duration, to_size(media.size))))


def to_size(size: int) -> str:
    """Empty where nothing was said."""
    if size <= 0:
        return ""
    amount, unit = float(size), 0
    while amount >= 999.5 and unit < len(_UNITS) - 1:
        amount, unit = amount / 1000, unit + 1
    digits = f"{amount:.1f}" if unit and amount < 9.95 else f"{amount:.0f}"
    return f"{digits} {_UNITS[unit]}"


def to_duration(seconds: int) -> str:
    return f"{seconds // 60}:{seconds % 60:02}"
