"""What a file is called that a browser is given (RFC 6266). Pure."""

from unicodedata import category
from urllib.parse import quote


def to_disposition(name: str, *, inline: bool = False) -> str:
    """Whatever is in `name`. inline: shown in place, where the browser knows how."""
    shown = without_hiding(name)
    ascii_name = "".join(c if c.isalnum() or c in "-_." else "_" for c in shown)
    return (
        f"{'inline' if inline else 'attachment'};"
        f' filename="{ascii_name.encode("ascii", "replace").decode()}";'
        f" filename*=UTF-8''{quote(shown, safe='', errors='replace')}"
    )


def without_hiding(name: str) -> str:
    """With `_` for what could lead out of a directory, or hide what the file is."""
    return "".join("_" if _is_hiding(each) else each for each in name)


def _is_hiding(character: str) -> bool:
    """Also marks that turn the direction: `gpj.exe` would read as a picture."""
    return (
        character in "/\\" or category(character)[0] == "C" or category(character) in {"Zl", "Zp"}
    )
