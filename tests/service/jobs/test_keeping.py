"""How long a job's content and results are kept."""

from pathlib import Path

from sqlalchemy import func, select, update

from service.engine import Engine
from service.jobs.keeping import job_retention
from service.jobs.tables import job_results, jobs
from service.records.ledger import write_transaction
from service.settings import Settings
from tests.service.conftest import Ask
from tests.service.jobs.conftest import JOBS, jsonl, make, results, run

NOW_US = 2**60


def test_the_input_goes_first_and_then_the_results(
    tell: Ask, job_engine: Engine, job_settings: Settings, input_folder: Path
) -> None:
    inputs, kept_jobs = job_retention(job_settings)
    job_id = make(tell, jsonl([{"text": f"people {n}"} for n in range(5)]))
    run(job_engine, tell, job_id)
    with write_transaction(job_engine.database) as connection:
        assert inputs.overdue(connection, 0) == 0
        assert inputs.overdue(connection, NOW_US) >= 1
        assert inputs.purge(connection, NOW_US, 1_000) >= 1
    assert list(input_folder.glob(f"{job_id}*")) == []
    assert len(results(tell, job_id)) == 5
    with write_transaction(job_engine.database) as connection:
        while kept_jobs.purge(connection, NOW_US, 3):
            pass
        left = select(func.count()).select_from(job_results).where(job_results.c.job_id == job_id)
        assert connection.execute(left).scalar_one() == 0
    assert tell("GET", f"{JOBS}/{job_id}").status_code == 404


def test_a_job_that_runs_or_waits_for_a_worker_keeps_its_input(
    tell: Ask, job_engine: Engine, job_settings: Settings, input_folder: Path
) -> None:
    job_id = make(tell, jsonl([{"text": "a"}]))
    inputs, kept_jobs = job_retention(job_settings)
    with write_transaction(job_engine.database) as connection:
        connection.execute(update(jobs).where(jobs.c.job_id == job_id).values(created_at_us=0))
        inputs.purge(connection, NOW_US, 1_000)
        kept_jobs.purge(connection, NOW_US, 1_000)
    assert len(list(input_folder.glob(f"{job_id}*"))) == 1
    tell("DELETE", f"{JOBS}/{job_id}")
