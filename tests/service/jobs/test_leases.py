"""Leases: two workers may believe that a job is theirs, and only one of them gets its decisions written."""

import asyncio

from sqlalchemy import update

from service.engine import Engine
from service.identity import UuidSource
from service.jobs.chunks import Flights
from service.jobs.reading import Entry
from service.jobs.store import JobStore
from service.jobs.tables import jobs
from service.wire.decisions import Item
from tests.service.conftest import Ask
from tests.service.jobs.conftest import JOBS, jsonl, make


def test_a_worker_whose_lease_has_gone_writes_nothing(job_engine: Engine, tell: Ask) -> None:
    job_id = make(tell, jsonl([{"text": "one"}]))
    store = JobStore(job_engine.database, UuidSource())
    first = store.claim()
    assert first is not None
    assert store.claim() is None
    with job_engine.database.begin() as connection:
        connection.execute(update(jobs).where(jobs.c.job_id == job_id).values(lease_until_us=0))
    second = store.claim()
    assert second is not None

    async def send() -> list[bool]:
        flights = Flights(job_engine, store, asyncio.get_running_loop())
        refused = []
        for claim in (first, second, second):
            flight = flights.send(claim, [Entry(0, Item(None, "one", None))])
            await asyncio.to_thread(flight.settled.wait, 30)
            refused.append(flight.is_refused)
        return refused

    assert asyncio.run(send()) == [True, False, True]
    assert store.renew(first) is False
    assert store.renew(second) is True
    assert tell("GET", f"{JOBS}/{job_id}").json()["n_decided"] == 1
    tell("POST", f"{JOBS}/{job_id}/cancel")
