"""What hashing a password again comes to, with the salt of what is kept."""

import pytest
from argon2 import PasswordHasher

from shared.web.passwords import Passwords

QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
OTHER = PasswordHasher(time_cost=2, memory_cost=16, parallelism=2, salt_len=24)


@pytest.mark.parametrize("hasher", [QUICK, OTHER], ids=["as now", "with settings of before"])
async def test_the_right_password_comes_to_what_is_kept_and_no_other_does(hasher):
    passwords, kept = Passwords(QUICK), hasher.hash("three good words")
    salt = kept.rpartition("$")[0]
    assert await passwords.show("three good words", salt) == kept
    assert await passwords.show("three good word", salt) != kept


@pytest.mark.parametrize(
    "salt", [None, "", "$argon2", "$argon2id$v=19$m=8,t=1,p=1$%%%", "$argon2$$$$$"]
)
async def test_without_a_salt_that_is_one_it_is_hashed_all_the_same(salt):
    shown = await Passwords(QUICK).show("three good words", salt)
    assert shown.startswith("$argon2id$")
