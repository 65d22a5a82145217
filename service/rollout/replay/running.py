"""Running a replay: pieces of the log, judged by as many processes as there are cores."""

import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from functools import cache
from typing import Final

from sqlalchemy import Engine

from service.policy.document import PolicyDocument, parse_policy
from service.records.schema import open_database
from service.rollout.replay.deciders import load_deciders
from service.rollout.replay.judging import Judge
from service.rollout.replay.recorded import recorded
from service.rollout.replay.selection import PIECE, Piece, Selection, pieces
from service.rollout.replay.tally import Tally

ALONE_BELOW: Final = 3 * PIECE
"""Decisions up to which one process is done before others have started."""

Advance = Callable[[int], None]
"""Told how many decisions more are done."""


@dataclass(frozen=True, slots=True)
class Replay:
    """What is to be replayed.

    Attributes:
        database_url: of the log.
        policy_text: whole, as `PolicyDocument.text`.
        n_samples: ids that are kept of every change.

    """

    database_url: str
    policy_text: str
    selection: Selection
    n_samples: int = 5


def run_replay(
    replay: Replay,
    n_processes: int = 0,
    announce: Callable[[int], None] = lambda _: None,
    advance: Advance = lambda _: None,
) -> Tally:
    """Judge every selected decision by the policy.

    Args:
        replay: what, by which policy.
        n_processes: 0 for one a core; 1 for this process alone.
        announce: told how many decisions will be gone through, before the first.
        advance: told of every piece that is done.

    Raises:
        DatabaseError: The log cannot be opened.

    """
    database = open_database(replay.database_url)
    try:
        work = pieces(database, replay.selection)
        n_decisions = sum(piece.n_decisions for piece in work)
        announce(n_decisions)
        wanted = min(n_processes or len(os.sched_getaffinity(0)), len(work))
        if wanted <= 1 or (n_decisions < ALONE_BELOW and not n_processes):
            return _run_alone(database, replay, work, advance)
    finally:
        database.dispose()
    return _run_together(replay, work, wanted, advance)


def tally_piece(database: Engine, judge: Judge, replay: Replay, piece: Piece) -> Tally:
    """The tally of one piece."""
    tally = Tally(replay.n_samples)
    with database.connect() as connection:
        for row in recorded(connection, replay.selection, piece):
            tally.count(row, judge.judge(row))
    return tally


def _run_alone(database: Engine, replay: Replay, work: Sequence[Piece], advance: Advance) -> Tally:
    judge = Judge(_document(replay), load_deciders(database))
    total = Tally(replay.n_samples)
    for piece in work:
        total.add(tally_piece(database, judge, replay, piece))
        advance(piece.n_decisions)
    return total


def _run_together(replay: Replay, work: Sequence[Piece], n_processes: int, advance: Advance) -> Tally:
    """New processes instead of copies of this one, which may have threads and connections."""
    total = Tally(replay.n_samples)
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(n_processes, mp_context=context) as pool:
        futures = {pool.submit(_piece, replay, piece): piece for piece in work}
        for future in _settled(futures):
            total.add(future.result())
            advance(futures[future].n_decisions)
    return total


def _settled(futures: "dict[Future[Tally], Piece]") -> "Iterator[Future[Tally]]":
    """As they end; when one fails, the rest are not begun."""
    try:
        yield from as_completed(futures)
    finally:
        for future in futures:
            future.cancel()


def _piece(replay: Replay, piece: Piece) -> Tally:
    database, judge = _opened(replay)
    return tally_piece(database, judge, replay, piece)


@cache
def _opened(replay: Replay) -> tuple[Engine, Judge]:
    """Once a process."""
    database = open_database(replay.database_url)
    return database, Judge(_document(replay), load_deciders(database))


def _document(replay: Replay) -> PolicyDocument:
    return parse_policy(replay.policy_text, "policy")
