"""GET /resumen: what happened in a period, in numbers and charts."""

from datetime import date

from flask import Request, render_template
from flask.typing import ResponseReturnValue

from coronet import wiring
from coronet.charts import chart
from coronet.search import Query
from coronet.web import endpoint, lambda_handler

DAYS = (7, 30, 365)


@endpoint()
def resumen(request: Request) -> ResponseReturnValue:
    """The period from `desde` to `hasta`: by default the last 30 days."""
    register, query = wiring.register(), Query.of(request.args)
    until = query.until or register.today
    summary = register.summary(query.since or _days_to(until, 30), until)
    return render_template(
        "resumen.html",
        summary=summary,
        by_day=chart(summary.by_day),
        by_hour=chart(summary.by_hour),
        periods=[(days, Query(since=_days_to(register.today, days)).address()) for days in DAYS],
    )


def _days_to(until: date, days: int) -> date:
    """The first of so many days of which `until` is the last."""
    return date.fromordinal(max(1, until.toordinal() - days + 1))


handler = lambda_handler(resumen)
