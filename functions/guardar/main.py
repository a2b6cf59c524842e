"""POST /guardar: register a vehicle from its photograph."""

from flask import Request, flash, redirect
from flask.typing import ResponseReturnValue

from coronet import representation, wiring
from coronet.errors import InvalidInput
from coronet.model import NOT_READ
from coronet.web import endpoint, lambda_handler, text, wants_json


@endpoint(back="/")
def guardar(request: Request) -> ResponseReturnValue:
    """Save `imagen` with what was typed beside it."""
    image = request.files.get("imagen")
    if image is None or not image.filename:
        raise InvalidInput("no photograph", key="error.photo.missing", field="image")
    saved = wiring.register().save(
        image.read(),
        plate=request.form.get("matricula", ""),
        owner=request.form.get("propietario", ""),
        vehicle_type=request.form.get("tipo_vehiculo", ""),
        note=request.form.get("observacion", ""),
    )
    if wants_json(request):
        return representation.record(saved), 201, {"Location": f"/registros/{saved.record.id}"}
    flash(text("saved.ok"), "ok")
    if saved.record.plate == NOT_READ:
        flash(text("saved.not_read"), "warning")
    return redirect("/")


handler = lambda_handler(guardar)
