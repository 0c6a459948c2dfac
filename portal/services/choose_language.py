"""A member's language is kept with the account: mails are in it too."""

from shared.db.guard import member_transaction
from shared.enums import Language
from shared.stores import members
from shared.structs.members import Member


async def choose_language(member: Member | None, language: Language) -> None:
    """Nothing for a stranger, whose choice only the browser keeps."""
    if member is not None:
        async with member_transaction(member.id, tenant_id=member.tenant_id):
            await members.set_language(member.id, language)
