"""Keeping: how long the content of a job (its input file) and its list of results are kept after its end."""

from functools import partial
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Engine, and_, delete, func, or_, select, update

from service.accountability.retention import Retained
from service.jobs.files import JobFiles, job_folder
from service.jobs.tables import job_results, jobs
from service.jobs.values import JobState
from service.settings import Settings

_J: Final = jobs.c
_OVER: Final = tuple(state.value for state in JobState if state.is_over)


def job_retention(settings: Settings) -> tuple[Retained, ...]:
    """Inputs go first: they are content. The decisions have a time of their own."""
    files = JobFiles(job_folder(settings))
    return (
        Retained(
            "job inputs",
            settings.job_input_days,
            partial(_purge_inputs, files),
            partial(_count, _has_old_input),
            partial(_delete_strays, files),
        ),
        Retained("jobs", settings.job_result_days, partial(_purge_jobs, files), partial(_count, _is_old)),
    )


def _is_old(before_us: int) -> ColumnElement[bool]:
    return and_(_J.state.in_(_OVER), _J.finished_at_us < before_us)


def _has_old_input(before_us: int) -> ColumnElement[bool]:
    waits_too_long = and_(_J.state == JobState.CREATED, _J.created_at_us < before_us)
    return and_(_J.input_name.is_not(None), or_(_is_old(before_us), waits_too_long))


def _count(is_old: Any, connection: Connection, before_us: int) -> int:  # noqa: ANN401 - one of the two above
    return connection.execute(select(func.count()).select_from(jobs).where(is_old(before_us))).scalar_one()


def _purge_inputs(files: JobFiles, connection: Connection, before_us: int, limit: int) -> int:
    old = select(_J.job_id, _J.input_name).where(_has_old_input(before_us)).order_by(_J.job_id).limit(limit)
    found = connection.execute(old).all()
    for job_id, name in found:
        files.delete(name)
        connection.execute(update(jobs).where(_J.job_id == job_id).values(input_name=None))
    return len(found)


def _purge_jobs(files: JobFiles, connection: Connection, before_us: int, limit: int) -> int:
    """Delete results in batches, and a job once none of its own are left; counts jobs and results alike."""
    old = select(_J.job_id, _J.input_name).where(_is_old(before_us)).order_by(_J.job_id).limit(1)
    n_gone = 0
    while n_gone < limit and (row := connection.execute(old).first()) is not None:
        of_job = job_results.c.job_id == row.job_id
        some = select(job_results.c.index).where(of_job).order_by(job_results.c.index).limit(limit - n_gone)
        indexes = connection.execute(some).scalars().all()
        if indexes:
            reached = of_job & (job_results.c.index <= indexes[-1])
            n_gone += connection.execute(delete(job_results).where(reached)).rowcount
        else:
            files.delete(row.input_name)
            connection.execute(delete(jobs).where(_J.job_id == row.job_id))
            n_gone += 1
    return n_gone


def _delete_strays(files: JobFiles, engine: Engine, before_us: int, actor: str) -> None:  # noqa: ARG001
    """Uploads that were given up, and inputs that no job has."""
    with engine.connect() as connection:
        names = connection.execute(select(_J.input_name).where(_J.input_name.is_not(None))).scalars().all()
    files.delete_strays(name for name in names if name is not None)
