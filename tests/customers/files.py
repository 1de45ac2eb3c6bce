"""Files sent to the importer as a test writes them."""

import io
from typing import Any

import pytest

from common.errors import Invalid
from common.jobs import Job
from customers.columns import ColumnMap, Kind
from customers.opening import Asked
from wiring import Services

HEAD = "order_id,customer_id,placed_at,product_id,quantity,unit_price,currency\n"


def started(services: Services, kind: Kind, data: str | bytes, named: ColumnMap | None = None, **said: Any) -> Job:
    dry_run = said.pop("dry_run", False)
    asked = Asked(said=ColumnMap(kind=kind, **said), named=named, dry_run=dry_run)
    raw = data.encode() if isinstance(data, str) else data
    return services.importer.start(kind, io.BytesIO(raw), "text/csv", asked)


def taken(services: Services, kind: Kind, data: str | bytes, named: ColumnMap | None = None, **said: Any) -> Job:
    job = services.importer.run(started(services, kind, data, named, **said).id)
    assert job is not None
    assert job.state == "finished", job.detail
    return job


def asked_for(services: Services, kind: Kind, data: str | bytes, **said: Any) -> dict[str, list[str]]:
    """What an import asks for, before anything is kept."""
    with pytest.raises(Invalid) as refusal:
        started(services, kind, data, **said)
    assert services.database["uploads"].count_documents({}) == 0
    assert services.database["jobs"].count_documents({}) == 0
    return refusal.value.fields


def plan_of(job: Job) -> dict[str, Any]:
    plan: dict[str, Any] = job.subject["plan"]
    return plan
