"""A QR code as a picture."""

from functools import lru_cache

import segno

# Eight screen pixels a module: a phone reads it from an arm's length.
SCALE = 8


@lru_cache(maxsize=128)  # pages that show the same code ask for it many times
def render_png(qr: str) -> str | None:
    """A `data:image/png;base64,…` URI; None where no QR code can hold that text.

    Pure Python, tens of milliseconds: call it in a thread.
    """
    try:
        return segno.make(qr, error="l", micro=False).png_data_uri(scale=SCALE)
    except ValueError:  # too long, or nothing at all: a row of before there were bounds
        return None
