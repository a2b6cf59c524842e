"""GET /matriculas/<plate>/exportar: everything about one vehicle as a ZIP."""

from flask import Request, Response
from flask.typing import ResponseReturnValue

from coronet import guard, privacy, wiring
from coronet.errors import NotFound
from coronet.web import endpoint, lambda_handler, number_argument, path_plate


@endpoint()
def exportar(request: Request) -> ResponseReturnValue:
    """Rows, photographs and evidence of the vehicle; a large export comes in several parts, of which `parte` is one."""
    plate = path_plate(request)
    number = number_argument(request.args, "parte") or 1
    parts = privacy.parts(wiring.store(), privacy.visits(wiring.ledger(), plate))
    if number > len(parts):
        raise NotFound("no such part")
    name = f"{plate}.zip" if len(parts) == 1 else f"{plate}-{number}-de-{len(parts)}.zip"
    part = parts[number - 1]
    guard.audit("exported", *(record.id for record in part))
    headers = {"Content-Disposition": f"attachment; filename={name}"}
    return Response(privacy.archive(wiring.store(), part), mimetype="application/zip", headers=headers)


handler = lambda_handler(exportar)
