"""A worker as a process of its own, for memory and CPU of its own: plans a run, delivers it, tells what it took."""

import json
import sys
import threading
import time

import msgspec
import orjson
from pymongo import MongoClient

import worker
from bench._importer import cpu_seconds, forget_peak, status
from bench._shares import Shares
from campaigns.builder import Builder
from campaigns.plan import Planner
from common.memory import look_for_rings_seldom
from messaging.channels import _skeleton
from messaging.channels.sendgrid import SendGrid
from storage.doorbell import RqDoorbell
from storage.mongo import from_document, from_documents, to_document, to_documents
from storage.rq_worker import EncoreWorker

DATABASE = "database: commands, BSON"
RENDERING = "rendering: values, words, links, what letters share"
CONVERTING = "documents to values and back"
ENCODING = "encoding requests as JSON"
HTTP = "HTTP"
QUEUE = "RQ and Redis"
PLANNING = "planning, in Python"
DELIVERING = "delivering, in Python: gate, parcels, moves"


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds by the clock and on a CPU, by kind of work too; megabytes before, and at its peak (0 where not known)."""

    wall: float
    cpu: float
    shares: dict[str, float]
    before: float
    peak: float

    @property
    def grown(self) -> float:
        """Megabytes that it needed at its peak, above what there was before it."""
        return self.peak - self.before


def main() -> None:
    """Work off what there is to do, as a worker does."""
    look_for_rings_seldom()
    shares = _shares()
    services = worker.services()
    services.health.answering()
    assert services.delivery
    before = forget_peak()
    wall, cpu = time.perf_counter(), cpu_seconds()
    shares.begin()
    EncoreWorker(services.redis, services.settings, threading.Event()).work(burst=True, logging_level="WARNING")
    report = Report(
        wall=time.perf_counter() - wall,
        cpu=cpu_seconds() - cpu,
        shares=dict(shares.seconds),
        before=before,
        peak=status("VmHWM"),
    )
    sys.stdout.write(msgspec.json.encode(report).decode())


def _shares() -> Shares:
    shares = Shares()
    shares.of_method(DATABASE, MongoClient, "_retry_internal")
    shares.of_method(RENDERING, Builder, "render")
    shares.of_function(RENDERING, _skeleton.extract)
    shares.of_function(RENDERING, _skeleton.size)
    shares.of_function(ENCODING, json.dumps)
    shares.of_function(ENCODING, orjson.dumps)
    shares.of_method(HTTP, SendGrid, "_request")
    shares.of_method(PLANNING, Planner, "plan")
    shares.of_function(DELIVERING, worker.do)
    shares.of_method(QUEUE, RqDoorbell, "ring")
    shares.of_method(QUEUE, EncoreWorker, "work")
    for function in (from_document, from_documents, to_document, to_documents):
        shares.of_function(CONVERTING, function)
    return shares


if __name__ == "__main__":
    main()
