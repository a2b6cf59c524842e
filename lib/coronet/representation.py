"""What programs get: a record, a page of records and a problem as the JSON that openapi.yaml describes."""

from collections.abc import Mapping
from typing import Any

from coronet.album import PHOTOS, thumbnail_of
from coronet.errors import CoroNetError, InvalidInput
from coronet.register import Arrival, Listing, Seen

COLUMNS = {
    "plate": "matricula",
    "owner": "propietario",
    "vehicle_type": "tipo_vehiculo",
    "note": "observacion",
    "image": "imagen",
}
"""The name that each of a record's fields has in the CSV, in forms and in JSON."""

CORRECTABLE = {COLUMNS[field]: field for field in ("plate", "owner", "vehicle_type", "note")}


def record(seen: Seen) -> dict[str, Any]:
    """A record with its reading; `lectura` is null where the plate was typed or none was found."""
    row = seen.record
    reading = seen.sighting.reading
    return {
        "id": row.id,
        "fecha_hora": row.registered_at,
        **{column: getattr(row, field) for field, column in COLUMNS.items()},
        "fotografia": _address(row.image),
        "miniatura": _address(thumbnail_of(row.image)),
        "placa": _address(seen.plate_image),
        "revisar": seen.needs_review,
        "lectura": reading
        and {
            "texto": reading.text,
            "confianza": reading.confidence,
            "lector": reading.reader,
            "esquinas": reading.corners,
            "candidatos": [{"texto": each.text, "confianza": each.confidence} for each in reading.candidates],
        },
    }


def detail(seen: Seen, arrival: Arrival) -> dict[str, Any]:
    """A record by itself: `vehiculo` is what was known of its vehicle, null at its first visit; `repetido` is the
    record of this same visit that was there already, or null."""
    vehicle, repeats = arrival.vehicle, arrival.repeats
    return record(seen) | {
        "vehiculo": vehicle
        and {
            "visitas": len(vehicle.visits),
            "ultima_visita": vehicle.last_visit,
            "propietario": vehicle.owner,
            "tipo_vehiculo": vehicle.vehicle_type,
        },
        "repetido": repeats and {"id": repeats.id, "fecha_hora": repeats.registered_at},
    }


def listing(page: Listing) -> dict[str, Any]:
    """A page of records; `siguiente` is the `antes` of the page after it, null at the end."""
    return {"registros": [record(seen) for seen in page.rows], "total": page.total, "siguiente": page.next}


def correction(body: object) -> Mapping[str, str]:
    """What a PATCH's JSON body changes, by the record's fields. Raises InvalidInput for anything but texts."""
    if not isinstance(body, dict) or not body:
        raise InvalidInput("a correction is a JSON object", key="error.correction")
    for column, value in body.items():
        if column not in CORRECTABLE or not isinstance(value, str):
            raise InvalidInput("a correction names columns and texts", key="error.correction")
    return {CORRECTABLE[column]: value for column, value in body.items()}


def problem(error: CoroNetError, *, title: str, detail: str) -> dict[str, Any]:
    """What went wrong, as RFC 9457 has it; `campo` names what is at fault as the form or the JSON does."""
    document = {
        "type": f"/api#{error.key}",
        "title": title,
        "status": error.status,
        "detail": detail.removeprefix("⚠️ "),
    }
    if field := error.values.get("field"):
        document["campo"] = COLUMNS.get(str(field), field)
    return document


def _address(name: str | None) -> str | None:
    return f"/{PHOTOS}{name}" if name else None
