"""Numbers that ring the same phone are one; numbers of two subscribers never are."""

import pytest

from shared.phone_forms import is_same_phone

SAME = [
    pytest.param("+5215512345678", "+525512345678", id="mexico, the old 1 of mobiles"),
    pytest.param("+5491123456789", "+541123456789", id="argentina, the 9 of mobiles"),
    pytest.param("+5511987654321", "+551187654321", id="brazil, before the ninth digit"),
    pytest.param("+5551999998888", "+555199998888", id="brazil, nines all over"),
    pytest.param("+2290197123456", "+22997123456", id="benin, before ten digits"),
    pytest.param("+255712345678", "+255712345678", id="the very same"),
]
DIFFERENT = [
    pytest.param("+255712345678", "+255712345679", id="one digit"),
    pytest.param("+255712345678", "+254712345678", id="another country"),
    pytest.param("+5511943215678", "+551143215678", id="brazil, 4: that is a fixed line"),
    pytest.param("+5511987654321", "+552187654321", id="brazil, another area"),
    pytest.param("+5215512345678", "+521551234567", id="mexico, too short to be that"),
    pytest.param("+5491123456789", "+5491123456780", id="argentina, another number"),
    pytest.param("+2250707123456", "+2250507123456", id="ivory coast: the prefix tells two apart"),
    pytest.param("+15512345678", "+5512345678", id="a country code is no form"),
    pytest.param("+525512345678", "", id="none"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_a_number_in_another_form_is_no_other_number(one, other):
    assert is_same_phone(one, other)
    assert is_same_phone(other, one)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_another_number_is_another_phone(one, other):
    assert not is_same_phone(one, other)
    assert not is_same_phone(other, one)
