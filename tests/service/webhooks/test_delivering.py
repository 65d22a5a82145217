"""Messages on their way: signed, repeated until they are taken, given up in the end, and sent again when asked."""

import logging
import time
import uuid

import pytest
from sqlalchemy import update

from service.engine import Engine
from service.records.ledger import record_event, write_transaction
from service.webhooks.deliveries import DeliveryStore, Message
from service.webhooks.signing import SignatureError, verify
from service.webhooks.tables import webhook_deliveries
from tests.service.conftest import Ask
from tests.service.test_metrics import samples
from tests.service.webhooks.conftest import N_ATTEMPTS, WEBHOOKS, decide, deliveries, make, wait_until
from tests.service.webhooks.receiver import Receiver


def test_a_decision_is_told_signed_and_without_content(tell: Ask, receiver: Receiver) -> None:
    secret = make(tell, receiver.url)["secret"]
    (result,) = decide(tell, "you zanzibarmarker idiot", id="post-7")
    wait_until(lambda: bool(receiver.messages))
    (message,) = receiver.messages
    verify(secret, message.headers, message.body, time.time())
    with pytest.raises(SignatureError):
        verify(secret, message.headers, message.body + b" ", time.time())
    assert message.type == "decision.made"
    assert (message.data["decision_id"], message.data["content_id"]) == (result["decision_id"], "post-7")
    assert (message.data["action"], bool(message.data["reasons"])) == (result["action"], True)
    assert b"zanzibarmarker" not in message.body


def test_milder_decisions_than_asked_for_are_not_told(tell: Ask, receiver: Receiver) -> None:
    make(tell, receiver.url, min_action="label")
    strict, mild = decide(tell, "you idiot", "lovely")
    assert mild["action"] == "allow"
    wait_until(lambda: bool(receiver.messages))
    assert [message.data["decision_id"] for message in receiver.messages] == [strict["decision_id"]]


def test_only_the_endpoints_of_a_tenant_hear_of_it(tell: Ask, receiver: Receiver) -> None:
    mine, other, everyone = (make(tell, receiver.url, tenant=tenant) for tenant in ("a", "b", None))
    decide(tell, "you idiot", context={"tenant": "a"})
    wait_until(lambda: len(receiver.messages) == 2)
    assert [len(deliveries(tell, entry["webhook_id"])) for entry in (mine, other, everyone)] == [1, 0, 1]


def test_a_message_is_sent_again_until_it_is_taken(tell: Ask, receiver: Receiver) -> None:
    receiver.statuses = [500, 503, 204]
    webhook_id = make(tell, receiver.url)["webhook_id"]
    decide(tell, "you idiot")
    wait_until(lambda: len(deliveries(tell, webhook_id, state="delivered")) == 1)
    (delivery,) = deliveries(tell, webhook_id)
    assert (delivery["n_attempts"], delivery["last_status"], delivery["last_error"]) == (3, 204, None)
    assert len({message.headers["webhook-id"] for message in receiver.messages}) == 1


def test_a_message_that_is_never_taken_is_dead_and_can_be_sent_again(tell: Ask, receiver: Receiver) -> None:
    receiver.statuses = [500]
    webhook_id = make(tell, receiver.url)["webhook_id"]
    decide(tell, "you idiot", "you idiot again")
    wait_until(lambda: len(deliveries(tell, webhook_id, state="dead")) == 2)
    first, second = deliveries(tell, webhook_id)
    assert (first["n_attempts"], first["last_error"]) == (N_ATTEMPTS, "the receiver answered 500")
    receiver.statuses = [200]
    again = tell("POST", f"{WEBHOOKS}/{webhook_id}/deliveries/{first['delivery_id']}/replay")
    assert again.json()["state"] == "pending"
    wait_until(lambda: len(deliveries(tell, webhook_id, state="delivered")) == 1)
    assert tell("POST", f"{WEBHOOKS}/{webhook_id}/replay").json() == {"n_deliveries": 1}
    wait_until(lambda: len(deliveries(tell, webhook_id, state="delivered")) == 2)
    assert {message.headers["webhook-id"] for message in receiver.messages[-2:]} == {
        first["delivery_id"],
        second["delivery_id"],
    }


def test_attempts_are_counted_and_a_message_that_is_given_up_is_logged_without_content(
    tell: Ask, receiver: Receiver, hook_engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    receiver.statuses = [500]
    webhook_id = make(tell, receiver.url)["webhook_id"]
    caplog.set_level(logging.WARNING, "bentoml.weir.webhooks")
    decide(tell, "you zanzibarmarker idiot", id="post-7")
    wait_until(lambda: len(deliveries(tell, webhook_id, state="dead")) == 1)
    wait_until(lambda: samples(hook_engine.recorder.directory)["weir_webhook_attempts_total", "dead"] == 1)
    assert samples(hook_engine.recorder.directory)["weir_webhook_attempts_total", "failed"] == N_ATTEMPTS - 1
    (line,) = (record.getMessage() for record in caplog.records if "given up" in record.getMessage())
    assert line == (
        f"a message to webhook {webhook_id} was given up after attempt {N_ATTEMPTS} (last status: 500); "
        "it can be replayed"
    )


def test_a_receiver_that_is_gone_for_good_says_410(tell: Ask, receiver: Receiver) -> None:
    receiver.statuses = [410]
    webhook_id = make(tell, receiver.url)["webhook_id"]
    decide(tell, "you idiot")
    wait_until(lambda: len(deliveries(tell, webhook_id, state="dead")) == 1)
    assert len(receiver.messages) == 1


def test_a_redirect_is_not_followed(tell: Ask, receiver: Receiver) -> None:
    receiver.statuses = [302, 200]
    webhook_id = make(tell, receiver.url)["webhook_id"]
    decide(tell, "you idiot")
    wait_until(lambda: len(deliveries(tell, webhook_id, state="delivered")) == 1)
    assert deliveries(tell, webhook_id)[0]["n_attempts"] == 2


def test_nobody_listens_at_a_closed_port(tell: Ask) -> None:
    webhook_id = make(tell, "http://127.0.0.1:9/hook")["webhook_id"]
    decide(tell, "you idiot")
    wait_until(lambda: len(deliveries(tell, webhook_id, state="dead")) == 1)
    assert deliveries(tell, webhook_id)[0]["last_status"] is None


def test_while_a_secret_is_replaced_both_sign(tell: Ask, receiver: Receiver) -> None:
    made = make(tell, receiver.url)
    new = tell("POST", f"{WEBHOOKS}/{made['webhook_id']}/secret", json={"overlap_hours": 1}).json()
    assert new["secret"] != made["secret"]
    assert new["old_secret_until"] is not None
    decide(tell, "you idiot")
    wait_until(lambda: bool(receiver.messages))
    (message,) = receiver.messages
    for secret in (made["secret"], new["secret"]):
        verify(secret, message.headers, message.body, time.time())


def test_a_leaked_secret_signs_no_more(tell: Ask, receiver: Receiver) -> None:
    made = make(tell, receiver.url)
    new = tell("POST", f"{WEBHOOKS}/{made['webhook_id']}/secret", json={"overlap_hours": 0}).json()
    decide(tell, "you idiot")
    wait_until(lambda: bool(receiver.messages))
    (message,) = receiver.messages
    verify(new["secret"], message.headers, message.body, time.time())
    with pytest.raises(SignatureError):
        verify(made["secret"], message.headers, message.body, time.time())


def test_what_a_dead_process_was_sending_is_sent_by_another(tell: Ask, hook_engine: Engine, receiver: Receiver) -> None:
    """It was taken, so its time lies in the future; the process is gone, and the time comes."""
    webhook_id = make(tell, receiver.url)["webhook_id"]
    store = DeliveryStore(hook_engine.database, lambda: str(uuid.uuid4()))
    with write_transaction(hook_engine.database) as connection:
        store.enqueue(connection, [Message(webhook_id, "decision.made", None, '{"type": "a", "data": {}}')])
        taken = {"n_attempts": 1, "next_at_us": 2**60}
        connection.execute(update(webhook_deliveries).values(taken))
    assert store.step([], 8, ()) == []
    with write_transaction(hook_engine.database) as connection:
        connection.execute(update(webhook_deliveries).values(next_at_us=0))
    wait_until(lambda: len(deliveries(tell, webhook_id, state="delivered")) == 1)
    assert deliveries(tell, webhook_id)[0]["n_attempts"] == 2


def test_what_others_do_is_told_once_and_only_to_those_who_hear_of_it(
    tell: Ask, hook_engine: Engine, receiver: Receiver
) -> None:
    webhook_id = make(tell, receiver.url, "review.decided", "job.finished")["webhook_id"]
    deaf = make(tell, receiver.url, "decision.made")["webhook_id"]
    with write_transaction(hook_engine.database) as connection:
        for kind in ("review.decided", "golden.marked", "job.finished"):
            record_event(connection, kind, "open", "default", {"decision_id": "d", "verdict": kind})
    wait_until(lambda: len(receiver.messages) >= 2)
    wait_until(lambda: len(deliveries(tell, webhook_id, state="delivered")) == 2)
    assert sorted(message.type for message in receiver.messages) == ["job.finished", "review.decided"]
    assert receiver.messages[0].data["decision_id"] == "d"
    assert deliveries(tell, deaf) == []


def test_a_job_tells_the_endpoint_that_it_names(tell: Ask, hook_engine: Engine, receiver: Receiver) -> None:
    named = make(tell, receiver.url, "policy.activated")["webhook_id"]
    with write_transaction(hook_engine.database) as connection:
        record_event(connection, "job.finished", "open", "default", {"job_id": "j", "webhook_id": named})
    wait_until(lambda: len(deliveries(tell, named, state="delivered")) == 1)
    assert receiver.messages[0].data["job_id"] == "j"
