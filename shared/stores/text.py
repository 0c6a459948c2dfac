"""Text at the database's door: what `shared.stored_text` decides, under the stores' own name."""

from shared.stored_text import (
    MAX_KEY_LENGTH,
    REPLACEMENT,
    to_key,
    to_storable,
    to_storable_or_none,
)

__all__ = ["MAX_KEY_LENGTH", "REPLACEMENT", "to_key", "to_storable", "to_storable_or_none"]
