"""GET /descargar.xlsx: what the address asks for of the register as an Excel workbook with thumbnails."""

from itertools import chain, repeat

from flask import Request
from flask.typing import ResponseReturnValue

from coronet import guard, spreadsheet, wiring
from coronet.search import Query
from coronet.web import attachment, endpoint, lambda_handler, text

PICTURES = 500
"""How many records come with their thumbnail, the first of those asked for: each is read from the store."""

HEADINGS = ("records.number", "records.registered_at", "label.plate", "label.owner", "label.vehicle_type", "label.note")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@endpoint()
def descargar_xlsx(request: Request) -> ResponseReturnValue:
    """`registros.xlsx` as an attachment."""
    register = wiring.register()
    records = register.select(Query.of(request.args))
    pictures = chain(register.pictures(records[:PICTURES]), repeat(None))
    headings = [*map(text, HEADINGS), text("records.pictures", number=PICTURES)]
    book = spreadsheet.workbook(zip(records, pictures, strict=False), headings)
    guard.audit("downloaded")
    return attachment(book, name="registros.xlsx", mimetype=XLSX)


handler = lambda_handler(descargar_xlsx)
