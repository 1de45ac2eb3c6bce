"""Long work that was asked for, and how far it is."""

from typing import Any

import msgspec
from flask.views import MethodView

from api.auth import scope
from api.blueprint import Blueprint
from api.context import services
from api.schemas.jobs import JobSchema
from common.errors import NotFound
from common.jobs import Job

blueprint = Blueprint("jobs", __name__, url_prefix="/v1/jobs", description="Long work, and how far it is.")


def shown(job: Job) -> dict[str, Any]:
    """A job as the API shows it."""
    return msgspec.structs.asdict(job) | {"ignored_columns": job.subject.get("ignored_columns", [])}


@blueprint.route("/<job_id>")
class JobItem(MethodView):
    """One job."""

    @scope("read")
    @blueprint.response(200, JobSchema)
    def get(self, job_id: str) -> dict[str, Any]:
        """Read how far a job is, and which rows were not taken."""
        job = services().jobs.get(job_id)
        if job is None:
            raise NotFound("job", job_id)
        return shown(job)
