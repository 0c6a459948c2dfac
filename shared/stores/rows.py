"""Values as PostgreSQL's driver gives them, made into the standard library's."""

from uuid import UUID


def to_uuid(value: UUID) -> UUID:
    """The driver's UUID is a faster look-alike, which msgspec would not take for one."""
    return UUID(int=value.int)
