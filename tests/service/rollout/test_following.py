"""Following: every worker takes over what was activated by anybody, and never what cannot decide."""

import logging
import threading
from pathlib import Path

import pytest
from sqlalchemy import text

from service.engine import Engine
from service.rollout.documents import reopen, require_usable, scorings
from service.rollout.errors import UnusablePolicyError
from service.rollout.store import PolicyStore
from service.settings import Settings
from tests.service.hashing import loaded_model
from tests.service.rollout.conftest import HOPELESS, MILD, STRICT, Worker, document, policy_text


def test_the_policy_file_decides_at_first(workers: list[Worker], store: PolicyStore) -> None:
    (entry,) = store.history(10)
    assert {worker.decides() for worker in workers} == {entry.version} == {document("file").version}
    assert (entry.actor, entry.percent, entry.previous_version) == ("file", 100, None)


def test_two_workers_follow_one_activation(workers: list[Worker], store: PolicyStore) -> None:
    store.activate(STRICT.version, 100, "test", "")
    for worker in workers:
        worker.follower.poll()
    assert {worker.decides() for worker in workers} == {STRICT.version}


def test_a_worker_follows_by_itself(accompanied: Engine, store: PolicyStore) -> None:
    store.activate(STRICT.version, 100, "test", "")
    try:
        while accompanied.judges.active.moderator.policy.version != STRICT.version:
            threading.Event().wait(0.02)
    finally:
        for worker in accompanied.background:
            worker.close()
        accompanied.banks.close()
        accompanied.log.close(10)


def test_a_rollback_is_in_force_with_the_next_look(workers: list[Worker], store: PolicyStore) -> None:
    worker = workers[0]
    before = worker.decides()
    store.activate(STRICT.version, 100, "test", "")
    worker.follower.poll()
    taken = worker.engine.judges.panel("default")
    store.roll_back("test", "")
    worker.follower.poll()
    assert worker.decides() == before
    assert taken.moderator.policy.version == STRICT.version  # a request under way keeps what it took


def test_a_staged_rollout_decides_for_its_share(workers: list[Worker], store: PolicyStore) -> None:
    worker, tenants = workers[0], [str(number) for number in range(200)]
    store.activate(MILD.version, 100, "test", "")
    shares = []
    for percent in (10, 50):
        store.activate(STRICT.version, percent, "test", "")
        worker.follower.poll()
        shares.append({tenant for tenant in tenants if worker.decides(tenant) == STRICT.version})
    assert 0 < len(shares[0]) < len(shares[1]) < len(tenants)
    assert shares[0] < shares[1]
    assert {worker.decides(tenant) for tenant in set(tenants) - shares[1]} == {MILD.version}


def test_a_policy_that_cannot_decide_is_refused(store: PolicyStore) -> None:
    with pytest.raises(UnusablePolicyError, match="no rule"):
        require_usable(HOPELESS, scorings(loaded_model()))
    assert reopen(store.policy(MILD.version)) == MILD


def test_a_stored_policy_that_cannot_be_compiled_leaves_the_last_good_one(
    workers: list[Worker], store: PolicyStore, caplog: pytest.LogCaptureFixture
) -> None:
    worker = workers[0]
    before = worker.decides()
    store.add(HOPELESS, "test")
    store.activate(HOPELESS.version, 100, "test", "past the check")
    with caplog.at_level(logging.ERROR):
        worker.follower.poll()
    assert worker.decides() == before
    assert "the last good one stays" in caplog.text
    store.activate(STRICT.version, 100, "test", "")
    worker.follower.poll()
    assert worker.decides() == STRICT.version


def test_a_panel_whose_policy_stays_is_not_made_again(workers: list[Worker], store: PolicyStore) -> None:
    panel = workers[0].engine.judges.active
    store.activate(STRICT.version, 10, "test", "")
    workers[0].follower.poll()
    assert workers[0].engine.judges.active is panel


def test_without_a_database_those_who_judge_stay(workers: list[Worker]) -> None:
    worker = workers[0]
    before = worker.decides()
    with worker.engine.database.begin() as connection:
        connection.execute(text("ALTER TABLE rollout_state RENAME TO away"))
    worker.follower.start()
    while worker.follower.n_failures == 0:
        threading.Event().wait(0.02)
    worker.follower.close()
    assert worker.decides() == before


def restart(settings: Settings) -> str:
    worker = Worker(settings)
    worker.engine.banks.close()
    worker.engine.log.close(10)
    worker.engine.database.dispose()
    return worker.decides()


def test_a_restart_keeps_what_was_activated(settings: Settings, store: PolicyStore) -> None:
    restart(settings)
    store.activate(STRICT.version, 100, "test", "")
    assert restart(settings) == STRICT.version


def test_an_edited_file_is_activated_by_a_restart(settings: Settings, store: PolicyStore) -> None:
    restart(settings)
    store.activate(STRICT.version, 100, "test", "")
    settings.policy.write_text(policy_text("edited", "blur"))
    assert restart(settings) == document("edited", "blur").version
    assert store.history(1)[0].previous_version == STRICT.version


def test_a_restart_takes_no_old_file_up_again(
    settings: Settings, store: PolicyStore, caplog: pytest.LogCaptureFixture
) -> None:
    restart(settings)
    store.activate(STRICT.version, 100, "test", "")
    with caplog.at_level(logging.WARNING):
        assert restart(settings) == STRICT.version
    assert f"weir policy activate {document('file').version}" in caplog.text


def test_a_new_release_does_not_take_over_from_what_somebody_activated(store: PolicyStore, tmp_path: Path) -> None:
    store.activate(STRICT.version, 100, "test", "")
    assert not store.adopt_file(document("shipped"), is_chosen=False)
    assert store.adopt_file(document("own"), is_chosen=True)
