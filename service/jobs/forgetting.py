"""Forgetting: what a job itself keeps of an author, where the job says for all its items who wrote them."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection, select, update

from models.contracts.context import Context
from service.jobs.tables import job_results, jobs

_J: Final = jobs.c
_R: Final = job_results.c


class JobEraser:
    """An `Eraser` of the author in the context of whole jobs, and of the caller's names for their failed items.

    An item that failed has no decision, so nothing leads from it to an author whom only the item itself named; its
    name goes with the job (`WEIR_JOB_RESULT_DAYS`).
    """

    kind = "jobs"

    def erase(self, connection: Connection, subject: str, tenant: str | None, decision_ids: Sequence[str]) -> int:  # noqa: ARG002 - all is found by decision
        """Blank them in the jobs that made these decisions; returns how many rows that took."""
        if not decision_ids:
            return 0
        theirs = select(_R.job_id).where(_R.decision_id.in_(decision_ids)).distinct()
        n_rows = 0
        for job_id, text in connection.execute(select(_J.job_id, _J.context).where(_J.job_id.in_(theirs))).all():
            context = Context.model_validate_json(text)
            if context.author.id is None:
                continue
            nobody = context.model_copy(update={"author": context.author.model_copy(update={"id": None})})
            emptied = update(jobs).where(_J.job_id == job_id)
            connection.execute(emptied.values(context=nobody.model_dump_json(exclude_defaults=True)))
            named = update(job_results).where(_R.job_id == job_id, _R.content_id.is_not(None))
            n_rows += 1 + connection.execute(named.values(content_id=None)).rowcount
        return n_rows
