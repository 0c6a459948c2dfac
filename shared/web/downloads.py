"""What a file is called that a browser is given (RFC 6266). Pure."""

from urllib.parse import quote


def to_disposition(name: str, *, inline: bool = False) -> str:
    """Whatever is in `name`. inline: shown in place, where the browser knows how."""
    ascii_name = "".join(c if c.isalnum() or c in "-_." else "_" for c in name)
    return (
        f"{'inline' if inline else 'attachment'};"
        f' filename="{ascii_name.encode("ascii", "replace").decode()}";'
        f" filename*=UTF-8''{quote(name, safe='', errors='replace')}"
    )
