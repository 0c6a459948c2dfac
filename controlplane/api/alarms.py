"""`/admin/alarms`: what keeps many links down at once."""

from litestar import Router, get

from controlplane.api.parameters import Alarming
from controlplane.api.problems import documented
from controlplane.rights import Right, needs
from shared.structs.alarms import AlarmList


@get(
    "/",
    summary="What keeps several tenants' links down at once",
    responses=documented(),
    opt=needs(Right.LOOK),
)
async def list_all(alarms: Alarming) -> AlarmList:
    return AlarmList(items=await alarms())


alarms_router = Router("/alarms", route_handlers=[list_all], tags=["Alarms"])
