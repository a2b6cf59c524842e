"""POST /guardar: register a vehicle from its photograph."""

from collections.abc import Iterator
from datetime import timedelta

from flask import Request, flash, redirect
from flask.typing import ResponseReturnValue

from coronet import guard, representation, wiring
from coronet.access import Right
from coronet.errors import InvalidInput
from coronet.model import NOT_READ, Record
from coronet.register import Arrival
from coronet.web import PHOTO_BODY_BYTES, endpoint, lambda_handler, number_argument, origin_of, text, wants_json

OLDEST_SECONDS = 30 * 24 * 3600
"""How long a photograph may have waited for a network."""


@endpoint(right=Right.SAVE, back="/", max_bytes=PHOTO_BODY_BYTES)
def guardar(request: Request) -> ResponseReturnValue:
    """Save `imagen` with what was typed beside it."""
    image = request.files.get("imagen")
    if image is None or not image.filename:
        raise InvalidInput("no photograph", key="error.photo.missing", field="image")
    register = wiring.register()
    saved = register.save(
        image.read(),
        plate=request.form.get("matricula", ""),
        owner=request.form.get("propietario", ""),
        vehicle_type=request.form.get("tipo_vehiculo", ""),
        note=request.form.get("observacion", ""),
        complete=request.form.get("completar") == "1",
        age=timedelta(seconds=number_argument(request.form, "hace_segundos", highest=OLDEST_SECONDS) or 0),
        origin=origin_of(request),
    )
    guard.audit("saved", saved.record.id)
    arrival = register.arrival(saved.record)
    if wants_json(request):
        return representation.detail(saved, arrival), 201, {"Location": f"/registros/{saved.record.id}"}
    for category, message in _messages(saved.record, arrival):
        flash(message, category)
    return redirect("/")


def _messages(record: Record, arrival: Arrival) -> Iterator[tuple[str, str]]:
    yield "ok", text("saved.ok")
    if record.plate == NOT_READ:
        yield "warning", text("saved.not_read")
    if arrival.repeats:
        yield "warning", text("saved.repeated", plate=record.plate, time=arrival.repeats.registered_at)
    if vehicle := arrival.vehicle:
        yield (
            "info",
            text(
                "saved.known",
                plate=record.plate,
                visits=len(vehicle.visits),
                last=vehicle.last_visit,
                owner=vehicle.owner or "—",
                vehicle_type=vehicle.vehicle_type or "—",
            ),
        )


handler = lambda_handler(guardar)
