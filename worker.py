"""The engine room: the jobs, each a line, the chores of the clock, and main().

A job is a name and ids; it may run twice, late or never, and what it does is safe all the same.
"""

import importlib
import os
import signal
import threading
from collections.abc import Callable
from functools import cache
from typing import Any, cast

from common.chores import Chore, Scheduler
from common.memory import look_for_rings_seldom
from common.settings import load
from segments.lapse import Statistics
from storage.rq_worker import work
from wiring import Services

HOUR = 3_600.0
# A campaign's worker leaves the CPU to whoever waits for an answer: the API, and what is urgent.
STANDS_BACK = 10


@cache
def services() -> Services:
    """This process's services, made when the first job comes."""
    return Services(load(os.environ))


@cache
def statistics() -> Statistics:
    """What needs scipy, loaded with the first job that does: nobody else shall wait for it, or hold it in memory."""
    loaded: Any = importlib.import_module("segments.statistics")
    return cast(Statistics, loaded)


# What the doorbell rings for. Each takes the services and ids, and may be done twice.
JOBS: dict[str, Callable[..., object]] = {
    "plan_run": lambda made, run: made.planner.plan(run),
    "watch": lambda made, campaign: made.watcher.look(campaign),
    "deliver": lambda made, batch: made.delivery.deliver(batch),
    "take_webhooks": lambda made: made.receipts.take(),
    "run_import": lambda made, job: made.refreshing.after_import(made.importer.run(job)),
    "follow_products": lambda made: made.profiles.follow_products(made.clock.now()),
    "sweep": lambda made: made.sweeper.sweep(),
    "find_incident": lambda made, incident: made.opening.find(incident),
    "tell_incidents": lambda made: made.telling.work(),
    "reconcile": lambda made: made.reconciler.settle(),
    "find_duplicates": lambda made: made.duplicates.look_at_all(),
    "snapshot_segment": lambda made, segment: made.segment_history.take(segment),
    "refresh_scores": lambda made: made.refreshing.refresh(statistics()),
    "freshen_scores": lambda made: made.refreshing.freshen(statistics()),
    "count_companions": lambda made: made.counting.count(),
    "keep_reports": lambda made: made.keeping.keep(),
}


def do(job: str, *ids: str) -> None:
    """Do a job by its name, as RQ calls it."""
    JOBS[job](services(), *ids)


def chores(made: Services) -> list[Chore]:
    """What the scheduler does, and how often. What may take long is rung for, not done here."""
    often = made.settings.sweep_every

    return [
        Chore("pump", often, made.events.pump),
        *_of_campaigns(made, often),
        Chore("undo", often, made.undoing.react),
        Chore("engage", often, made.engagement.react),
        Chore("learn", 15.0, made.learning.react),
        Chore("learn_shares", HOUR, made.learn_shares),
        Chore("notice_incidents", often, made.noticing.react),
        Chore("look_for_late", 300.0, made.noticing.look_for_late),
        Chore("find_incidents", 30.0, made.opening.find_left_over),
        Chore("tell_incidents", often, lambda: made.telling.waiting() and made.doorbell.ring("tell_incidents")),
        Chore("plan_surveys", often, made.surveying.react),
        Chore("ask_surveys", 30.0, made.surveying.ask_due),
        Chore("sweep", often, made.sweeper.sweep),
        Chore("failover", often, made.failover.look),
        Chore("reconcile", often, lambda: made.reconciler.waiting() and made.doorbell.ring("reconcile")),
        Chore("take_webhooks", often, made.receipts.take),
        Chore("settle_sightings", 15.0, made.sightings.settle),
        Chore("resume_imports", 10.0, made.importer.ring_left_over),
        Chore("tidy_imports", HOUR, made.importer.tidy),
        Chore("roll_up", 30.0, made.orders.roll_up_left_over),
        Chore(
            "follow_products", 15.0, lambda: made.profiles.products_moved() and made.doorbell.ring("follow_products")
        ),
        Chore("finish_identities", 10.0, made.identities.finish),
        Chore("look_at_noted", 10.0, made.duplicates.look_at_noted),
        Chore("find_duplicates", 24 * HOUR, lambda: made.doorbell.ring("find_duplicates")),
        Chore("recover_redemptions", 30.0, made.vouchers.recover),
        Chore("recover_checkouts", 30.0, made.checkout.recover),
        Chore("tell_of_budgets", 30.0, made.budget_alerts.look),
        Chore("forget_guessers", HOUR, made.guessing.forget),
        Chore("settle_referrals", 60.0, made.referrals.settle),
        Chore("forget_evidence", HOUR, made.referrals.forget),
        Chore("points_react", often, made.points_feed.react),
        Chore("points_look_after", 60.0, made.points.look_after),
        Chore("points_recover", 30.0, made.points.recover),
        Chore("points_catch_up", 60.0, made.points_feed.catch_up),
        Chore("snapshot_segments", HOUR, made.segment_history.ring_due),
        Chore("forget_keys", HOUR, made.answers.sweep),
        Chore("refresh_scores", 60.0, made.refreshing.ring_if_due),
        Chore("freshen_scores", 30.0, made.refreshing.ring_for_newcomers),
        Chore("count_companions", 60.0, made.counting.ring_if_due),
        Chore("settle_ladders", 60.0, made.settle_ladders),
        Chore("end_marketing", HOUR, made.sunsetting.look),
    ]


def _of_campaigns(made: Services, often: float) -> list[Chore]:
    """What opens campaigns' runs, brings people and runs to their end, and counts what came of it."""
    return [
        Chore("open_due", often, made.schedule.open_due),
        Chore("react", often, made.schedule.react),
        Chore("watch", 30.0, made.watcher.ring_due),
        Chore("move_journeys", often, made.mover.move),
        Chore("mend", often, made.schedule.mend),
        Chore("forget_refusals", HOUR, made.refusals.tidy),
        Chore("settle_runs", often, made.settle_runs),
        Chore("keep_reports", 30.0, made.keeping.ring_if_due),
    ]


def main(*, urgent_only: bool = False) -> None:
    """Work off jobs until told to stop; or, beside other workers, only those that may not wait for a campaign's."""
    made = services()
    look_for_rings_seldom()
    if not urgent_only:
        os.nice(STANDS_BACK)
    work(made.settings, urgent_only=urgent_only)


def scheduler_main() -> None:
    """Do the chores until told to stop."""
    made = services()
    scheduler = Scheduler(chores(made), made.leases, made.clock)
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    while not stopped.wait(min(1.0, made.settings.sweep_every)):
        scheduler.tick()
    scheduler.stop()
