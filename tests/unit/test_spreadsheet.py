"""The workbook, opened by another library."""

import io
from datetime import datetime

from openpyxl import load_workbook

from coronet.model import Record
from coronet.spreadsheet import workbook
from drawing import photograph

HEADINGS = ["N.º", "Fecha", "Matrícula", "Propietario", "Tipo", "Observación", "Fotografía"]


def test_records_with_their_pictures() -> None:
    records = [
        Record(id=2, registered_at="2026-11-23 09:30:15", plate="1234BCD", owner="Ana", note="=1+1", image="a.jpg"),
        Record(id=1, registered_at="ayer", plate="NO_DETECTADA", owner="https://ejemplo.es", note="a\nb\x01"),
    ]
    data = workbook(zip(records, [photograph(), None], strict=True), HEADINGS)
    sheet = load_workbook(io.BytesIO(data)).active
    assert sheet is not None
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert rows[0] == HEADINGS
    assert rows[1][:6] == [2, datetime(2026, 11, 23, 9, 30, 15), "1234BCD", "Ana", "", "=1+1"]
    assert rows[2][:4] == [1, "ayer", "NO_DETECTADA", "https://ejemplo.es"]
    assert sheet["F2"].data_type == "s"  # text, not a formula
    assert sheet["D3"].hyperlink is None
    [picture] = sheet._images
    assert (picture.anchor._from.row, picture.anchor._from.col) == (1, 6)
