"""A QR code as a picture."""

from functools import lru_cache

import segno

# Eight screen pixels a module: a phone reads it from an arm's length.
SCALE = 8


@lru_cache(maxsize=128)  # pages that show the same code ask for it many times
def render_png(qr: str) -> str:
    """A `data:image/png;base64,…` URI. Pure Python, tens of milliseconds: call it in a thread."""
    return segno.make(qr, error="l", micro=False).png_data_uri(scale=SCALE)
