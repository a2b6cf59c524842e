"""Records as an Excel workbook with thumbnails."""

import io
from collections.abc import Iterable, Sequence
from datetime import datetime

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from coronet.model import Record

_WIDTHS = (8, 20, 16, 26, 18, 40, 19)
_ROW_POINTS = 66
_PICTURE_COLUMN = 6


def workbook(rows: Iterable[tuple[Record, bytes | None]], headings: Sequence[str]) -> bytes:
    """A workbook (ECMA-376) with a row for each record and, where there is one, its thumbnail, a JPEG.

    `headings` name id, time, plate, owner, type, note and photograph. Texts are text, whatever they begin with: no
    spreadsheet runs them.
    """
    file = io.BytesIO()
    with Workbook(file, {"in_memory": True}) as book:
        sheet = book.add_worksheet("CoroNet")
        heading = book.add_format({"bold": True, "bottom": 1})
        cell = book.add_format({"valign": "vcenter", "text_wrap": True})
        moment = book.add_format({"valign": "vcenter", "num_format": "yyyy-mm-dd hh:mm:ss"})
        for column, (name, width) in enumerate(zip(headings, _WIDTHS, strict=True)):
            sheet.write_string(0, column, name, heading)
            sheet.set_column(column, column, width)
        sheet.freeze_panes(1, 0)
        number = 0
        for number, (record, picture) in enumerate(rows, 1):
            _write(sheet, number, record, cell, moment)
            if picture:
                sheet.set_row(number, _ROW_POINTS)
                options = {"image_data": io.BytesIO(picture), "object_position": 1, "x_offset": 2, "y_offset": 2}
                sheet.insert_image(number, _PICTURE_COLUMN, record.image, options)
        sheet.autofilter(0, 0, number, len(_WIDTHS) - 1)
    return file.getvalue()


def _write(sheet: Worksheet, row: int, record: Record, cell: Format, moment: Format) -> None:
    sheet.write_number(row, 0, record.id, cell)
    try:
        sheet.write_datetime(row, 1, datetime.fromisoformat(record.registered_at), moment)
    except (ValueError, TypeError):  # a row that somebody wrote by hand
        sheet.write_string(row, 1, record.registered_at, cell)
    for column, text in enumerate((record.plate, record.owner, record.vehicle_type, record.note), 2):
        sheet.write_string(row, column, text, cell)
