"""Long work that was asked for, and how far it is."""

import csv
import io
from collections.abc import Iterator
from typing import Any

import msgspec
from flask import Response
from flask.views import MethodView

from api.auth import scope
from api.blueprint import Blueprint
from api.context import services
from api.csv import MEDIA_TYPE, RESPONSES
from api.schemas.jobs import JobSchema
from common.errors import NotFound
from common.jobs import Job
from customers.report import report_of

blueprint = Blueprint("jobs", __name__, url_prefix="/v1/jobs", description="Long work, and how far it is.")


def shown(job: Job) -> dict[str, Any]:
    """A job as the API shows it."""
    subject = job.subject
    plan = subject.get("plan", {})
    return msgspec.structs.asdict(job) | {
        "ignored_columns": subject.get("ignored_columns", []),
        "dry_run": subject.get("dry_run", False),
        "map": {name: value for name, value in plan.get("map", {}).items() if name != "_id"} | _form(plan),
        "guessed": plan.get("guessed", ""),
        "preview": subject.get("preview", []),
    }


def _form(plan: dict[str, Any]) -> dict[str, Any]:
    if not plan:
        return {}
    return {"delimiter": plan["form"].get("delimiter", ","), "encoding": plan.get("encoding", "utf-8")}


def found(job_id: str) -> Job:
    """The job of this id; raises NotFound."""
    job = services().jobs.get(job_id)
    if job is None:
        raise NotFound("job", job_id)
    return job


@blueprint.route("/<job_id>")
class JobItem(MethodView):
    """One job."""

    @scope("read")
    @blueprint.response(200, JobSchema)
    def get(self, job_id: str) -> dict[str, Any]:
        """Read how far a job is, and which rows were not taken."""
        return shown(found(job_id))


@blueprint.route("/<job_id>/errors.csv")
class JobErrors(MethodView):
    """The rows that were not taken."""

    @scope("read")
    @blueprint.response(200)
    @blueprint.doc(responses=RESPONSES)
    def get(self, job_id: str) -> Response:
        """All rows that an import did not take, as a CSV to mend and send again: they find their orders again."""
        job = found(job_id)
        lines = report_of(job, services().importer.bad_rows(job.id))
        first = next(lines)  # read now, so that an outage still is a 503
        headers = {"Content-Disposition": f'attachment; filename="{job.kind}-errors.csv"'}
        return Response(_streamed(first, lines), content_type=f"{MEDIA_TYPE}; charset=utf-8", headers=headers)


def _streamed(first: list[str], lines: Iterator[list[str]]) -> Iterator[str]:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(first)
    for line in lines:
        writer.writerow(line)
        if buffer.tell() > 32_768:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()
