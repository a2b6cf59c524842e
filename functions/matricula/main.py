"""GET /matriculas/<plate>: a vehicle's visits, photographs and owners."""

from flask import Request, render_template
from flask.typing import ResponseReturnValue

from coronet import wiring
from coronet.errors import NotFound
from coronet.web import endpoint, lambda_handler, path_parameter

PHOTOGRAPHS = 60


@endpoint()
def matricula(request: Request) -> ResponseReturnValue:
    """The vehicle whose plate ends the path."""
    vehicle = wiring.register().vehicle(path_parameter(request))
    if vehicle is None:
        raise NotFound("no vehicle of that plate")
    return render_template("matricula.html", vehicle=vehicle, visits=vehicle.visits[:PHOTOGRAPHS])


handler = lambda_handler(matricula)
