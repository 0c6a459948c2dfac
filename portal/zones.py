"""Time zones to choose from: those of Africa, and of some places that trade with it."""

from shared.structs.tenants import TenantConfig

_CITIES = (
    "Abidjan Accra Addis_Ababa Algiers Asmara Bamako Bangui Banjul Bissau Blantyre Brazzaville"
    " Bujumbura Cairo Casablanca Conakry Dakar Dar_es_Salaam Djibouti Douala Freetown Gaborone"
    " Harare Johannesburg Juba Kampala Khartoum Kigali Kinshasa Lagos Libreville Lome Luanda"
    " Lubumbashi Lusaka Malabo Maputo Maseru Mbabane Mogadishu Monrovia Nairobi Ndjamena Niamey"
    " Nouakchott Ouagadougou Porto-Novo Sao_Tome Tripoli Tunis Windhoek"
)
_OTHERS = (
    *("Indian/Antananarivo", "Indian/Comoro", "Indian/Mauritius", "Asia/Dubai", "Asia/Kolkata"),
    *("Europe/Istanbul", "Europe/London", "Europe/Paris"),
)
ZONES = (*(f"Africa/{city}" for city in _CITIES.split()), *_OTHERS)


def list_choices(chosen: str) -> list[tuple[str, str]]:
    """Names, each with what to call it; with the one that is chosen, should it be none of ours."""
    names = ZONES if chosen in ZONES else (chosen, *ZONES)
    return [(name, _to_city(name)) for name in names]


def find_city(config: TenantConfig) -> str | None:
    """By whose time the quiet hours are; None while it is that of the business."""
    quiet = config.quiet_hours
    return _to_city(quiet.time_zone) if quiet and quiet.time_zone != config.time_zone else None


def _to_city(name: str) -> str:
    return name.rpartition("/")[2].replace("_", " ")
