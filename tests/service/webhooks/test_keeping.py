"""How long messages are kept, and how they forget a person."""

import json

from sqlalchemy import select

from service.engine import Engine
from service.records.ledger import write_transaction
from service.webhooks.keeping import DeliveryEraser, deliveries_retention
from service.webhooks.tables import webhook_deliveries
from tests.service.conftest import Ask
from tests.service.webhooks.conftest import decide, deliveries, make, wait_until
from tests.service.webhooks.receiver import Receiver

NOW_US = 2**60


def test_settled_messages_go_and_open_ones_stay(tell: Ask, hook_engine: Engine, receiver: Receiver) -> None:
    webhook_id = make(tell, receiver.url)["webhook_id"]
    decide(tell, "you idiot")
    wait_until(lambda: len(deliveries(tell, webhook_id, state="delivered")) == 1)
    kind = deliveries_retention(7)
    with write_transaction(hook_engine.database) as connection:
        assert (kind.overdue(connection, 0), kind.overdue(connection, NOW_US)) == (0, 1)
        assert kind.purge(connection, NOW_US, 10) == 1
    assert deliveries(tell, webhook_id) == []


def test_a_person_who_is_forgotten_leaves_no_name_in_messages(
    tell: Ask, hook_engine: Engine, receiver: Receiver
) -> None:
    make(tell, receiver.url)
    (result,) = decide(tell, "you idiot", id="post-of-somebody")
    with write_transaction(hook_engine.database) as connection:
        assert DeliveryEraser().erase(connection, "s", None, [result["decision_id"]]) == 1
        assert DeliveryEraser().erase(connection, "s", None, [result["decision_id"]]) == 0
        payload = connection.execute(select(webhook_deliveries.c.payload)).scalar_one()
    assert (json.loads(payload)["data"]["content_id"], "post-of-somebody" in payload) == (None, False)
