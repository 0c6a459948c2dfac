"""What a worker is handed names its contact as it can be found."""

from uuid import uuid4

import pytest

from controlplane.gateway.dispatch import _to_frame
from shared.structs.content import TextContent
from shared.structs.outbound import Handover
from shared.wire.events import Party


@pytest.mark.parametrize(
    ("to", "party"),
    [
        pytest.param("+255712000001", Party(phone="+255712000001"), id="by the phone"),
        pytest.param("77001@lid", Party(lid="77001@lid"), id="by the LID when there is no phone"),
    ],
)
def test_a_contact_is_named_by_what_is_known(to, party):
    queued = Handover(
        id=uuid4(),
        to=to,
        content=TextContent(text="Karibu"),
        expires_at=None,
        taken=False,
        withdrawn=False,
    )
    assert _to_frame(queued).to == party
