"""The store: policies never change, every change of who decides is in the hash chain, and nonsense is refused."""

import json

import pytest
from sqlalchemy import Engine as Database
from sqlalchemy import select

from service.records.ledger import GENESIS, Entry, EntryKind, chained, event_digest
from service.records.tables import events, ledger
from service.rollout.errors import NothingToRollBackError, RolloutError, UnknownPolicyError
from service.rollout.shadow_store import ShadowStore
from service.rollout.store import PolicyStore
from service.rollout.values import ShadowKind
from tests.service.rollout.conftest import MILD, STRICT


def test_a_stored_policy_stays_as_it_was(store: PolicyStore) -> None:
    before = store.policy(MILD.version)
    assert store.add(MILD, "somebody else") == before
    assert (before.text, before.name, before.created_by) == (MILD.text, "mild", "test")


def test_policies_are_listed_the_newest_first(store: PolicyStore) -> None:
    assert [policy.version for policy in store.policies()] == [STRICT.version, MILD.version]


def test_what_is_not_stored_cannot_be_activated_or_shadowed(store: PolicyStore, database: Database) -> None:
    with pytest.raises(UnknownPolicyError):
        store.activate("0" * 12, 100, "test", "")
    with pytest.raises(UnknownPolicyError):
        ShadowStore(database).set(ShadowKind.POLICY, "0" * 12, 1.0, "test")
    assert store.history(10) == []


def test_a_share_needs_somebody_who_decides_for_the_rest(store: PolicyStore) -> None:
    with pytest.raises(RolloutError, match="100 percent first"):
        store.activate(MILD.version, 10, "test", "")
    store.activate(MILD.version, 100, "test", "")
    with pytest.raises(RolloutError, match="every tenant already"):
        store.activate(MILD.version, 10, "test", "")


def test_the_history_is_read_in_pages(store: PolicyStore) -> None:
    for policy in (MILD, STRICT, MILD):
        store.activate(policy.version, 100, "test", "")
    first = store.history(2)
    rest = store.history(2, before_id=first[-1].id)
    assert [entry.version for entry in (*first, *rest)] == [MILD.version, STRICT.version, MILD.version]


def test_a_rollback_needs_a_policy_before(store: PolicyStore) -> None:
    with pytest.raises(NothingToRollBackError):
        store.roll_back("test", "")


def test_every_change_is_an_event_of_the_chain(store: PolicyStore, database: Database) -> None:
    shadows = ShadowStore(database)
    store.activate(MILD.version, 100, "cli:ann", "first")
    store.activate(STRICT.version, 10, "cli:ann", "try it")
    store.roll_back("key:7", "too strict")
    shadows.set(ShadowKind.POLICY, STRICT.version, 0.5, "cli:ann")
    shadows.clear(ShadowKind.POLICY, "cli:ann")
    in_order = select(events).join(ledger, ledger.c.entry_id == events.c.event_id).order_by(ledger.c.seq)
    with database.connect() as connection:
        told = [dict(row) for row in connection.execute(in_order).mappings()]
        chain = connection.execute(select(ledger).order_by(ledger.c.seq)).all()
    assert [(event["kind"], event["actor"]) for event in told] == [
        ("policy.added", "test"),
        ("policy.added", "test"),
        ("policy.activated", "cli:ann"),
        ("policy.activated", "cli:ann"),
        ("policy.rolled_back", "key:7"),
        ("shadow.policy_set", "cli:ann"),
        ("shadow.policy_cleared", "cli:ann"),
    ]
    payload = {"version": MILD.version, "previous_version": STRICT.version, "percent": 100, "reason": "too strict"}
    assert json.loads(told[4]["payload"]) == payload
    previous = GENESIS
    for event, link in zip(told, chain, strict=True):
        entry = Entry(EntryKind.EVENT, event["event_id"], event["at_us"], event_digest(event))
        previous = chained(previous, link.seq, entry)
        assert (link.entry_id, bytes(link.hash)) == (event["event_id"], previous)


def test_a_shadow_of_no_share_is_refused(database: Database) -> None:
    for share in (0.0, 1.5, float("nan")):
        with pytest.raises(RolloutError):
            ShadowStore(database).set(ShadowKind.BUNDLE, "models/next", share, "test")
