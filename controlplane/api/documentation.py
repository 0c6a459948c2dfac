"""The API's description, and Swagger UI to read it with, from this process and no other host."""

from importlib.resources import files
from typing import Any

import msgspec
from litestar import Litestar, MediaType, Request, Response, Router, get
from litestar.enums import OpenAPIMediaType
from litestar.exceptions import NotFoundException
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import OpenAPIRenderPlugin
from litestar.openapi.spec import Schema
from litestar.params import FromPath

from controlplane.api.authentication import COMPONENTS, SCHEME
from controlplane.api.downgrade import to_openapi_30
from controlplane.api.headers import DOCUMENTATION
from shared.structs.content_input import (
    AudioInput,
    ContactInput,
    DeleteInput,
    DocumentInput,
    EditInput,
    ImageInput,
    LocationInput,
    ReactionInput,
    StickerInput,
    TextInput,
    VideoInput,
    VoiceInput,
)
from shared.structs.keys import CreateAdminKeyInput, CreateTenantKeyInput
from shared.structs.media import FromUrlInput
from shared.structs.members import CreateMemberInput
from shared.structs.operators import CreateOperatorInput, SetPasswordInput
from shared.structs.outbound import SendBatchInput, SendMessageInput
from shared.structs.sessions import PairingCodeInput
from shared.structs.setup_requests import CreateSetupRequestInput, DecisionInput
from shared.structs.tenants import CreateTenantInput, OpeningHours, QuietHours

VERSION = "0.1.0"
_UI = "swagger-ui-4.15.5"
_TYPES = {
    "swagger-ui.css": "text/css",
    "swagger-ui-bundle.js": "text/javascript",
    "favicon-32x32.png": "image/png",
}
_DAY = 86_400
INPUTS = (
    CreateTenantInput,
    OpeningHours,
    QuietHours,
    CreateSetupRequestInput,
    DecisionInput,
    CreateOperatorInput,
    CreateMemberInput,
    SetPasswordInput,
    PairingCodeInput,
    CreateTenantKeyInput,
    CreateAdminKeyInput,
    SendMessageInput,
    SendBatchInput,
    TextInput,
    LocationInput,
    ContactInput,
    ReactionInput,
    EditInput,
    DeleteInput,
    ImageInput,
    VideoInput,
    AudioInput,
    VoiceInput,
    DocumentInput,
    StickerInput,
    FromUrlInput,
)

_PAGE = f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>FlowHQ admin API</title>
<link rel="icon" href="{DOCUMENTATION}/assets/favicon-32x32.png">
<link rel="stylesheet" href="{DOCUMENTATION}/assets/swagger-ui.css">
</head>
<body>
<div id="ui"></div>
<script src="{DOCUMENTATION}/assets/swagger-ui-bundle.js"></script>
<script src="{DOCUMENTATION}/assets/start.js"></script>
</body>
</html>
"""
# A file of its own, so that the page needs no script in place.
_START = f"""SwaggerUIBundle({{
  url: "{DOCUMENTATION}/openapi-3.0.json",
  dom_id: "#ui",
  deepLinking: true,
  persistAuthorization: false,
  presets: [SwaggerUIBundle.presets.apis],
}});
"""


class LocalSwaggerUI(OpenAPIRenderPlugin):
    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        return _PAGE.encode()

    def receive_router(self, router: Router) -> None:
        router.register(asset)


class OpenApi30(OpenAPIRenderPlugin):
    """For readers that do not know 3.1, the bundled Swagger UI among them."""

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        plain = msgspec.json.decode(self.render_json(request, openapi_schema))
        return msgspec.json.encode(to_openapi_30(plain))


@get("/assets/{name:str}", include_in_schema=False, sync_to_thread=True)
def asset(name: FromPath[str]) -> Response[bytes]:
    headers = {"Cache-Control": f"max-age={_DAY}"}
    if name == "start.js":
        return Response(_START.encode(), media_type="text/javascript", headers=headers)
    if name not in _TYPES:
        raise NotFoundException
    content = files("swagger_ui_bundle").joinpath("vendor", _UI, name).read_bytes()
    return Response(content, media_type=_TYPES[name], headers=headers)


def describe() -> OpenAPIConfig:
    return OpenAPIConfig(
        title="FlowHQ admin API",
        version=VERSION,
        description=(
            "Tenants, their workers and their messages. Errors are problem documents (RFC 9457)."
        ),
        path=DOCUMENTATION,
        components=COMPONENTS,
        security=[{SCHEME: []}],
        use_handler_docstrings=False,
        render_plugins=[
            LocalSwaggerUI(path="/", media_type=MediaType.HTML),
            OpenApi30(path="/openapi-3.0.json", media_type=OpenAPIMediaType.OPENAPI_JSON),
        ],
    )


def close_inputs(api: Litestar) -> None:
    """Says of what we read that unknown fields are refused: Litestar does not see it."""
    components = api.openapi_schema.components
    assert components is not None
    for shape in INPUTS:
        described = components.schemas[shape.__name__]
        assert isinstance(described, Schema)
        described.additional_properties = False
