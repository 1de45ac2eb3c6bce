"""The rows that an import refused, as a table to mend and send again."""

from collections.abc import Iterable, Iterator

import msgspec

from common.jobs import Job
from customers.importing import BadRow
from customers.plan import MENDED, Plan
from customers.tracing import to_safe


def report_of(job: Job, rows: Iterable[BadRow]) -> Iterator[list[str]]:
    """The header, then the rows: the file's own columns as they came, then what leads back to the file and the reason.

    No cell is one that a spreadsheet takes for a formula; sent again, each is read as it was.
    """
    if "plan" not in job.subject:
        yield list(MENDED)
        return
    plan = msgspec.convert(job.subject["plan"], Plan)
    own = [index for index, column in enumerate(plan.form.columns) if column not in MENDED]
    yield [*(to_safe(plan.form.columns[index]) for index in own), *MENDED]
    for row in rows:
        whole = len(row.cells) == len(plan.form.columns)
        cells = [to_safe(row.cells[index]) if whole else "" for index in own]
        yield [*cells, job.subject["file"], str(row.line), row.field, row.reason, to_safe(row.raw)]
