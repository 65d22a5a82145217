"""Charging: a comment is an item, and so is every sentence that is scored."""

import json

import pytest

from service.engine import Engine
from service.errors import RequestError
from service.http.comments import ANALYZE, Analyze
from service.http.messages import Request


@pytest.mark.parametrize(
    ("text", "spans", "n_items"), [("One. Two. Three.", True, 4), ("One. Two.", False, 1), ("Just one.", True, 1)]
)
def test_what_is_scored_is_charged_before_it_is(engine: Engine, text: str, spans: bool, n_items: int) -> None:
    charged: list[int] = []

    def charge(n_items: int) -> None:
        charged.append(n_items)
        raise RequestError(429, "rate_limited", "that is enough")

    body = {"comment": {"text": text}, "requestedAttributes": {"TOXICITY": {}}, "spanAnnotations": spans}
    request = Request("POST", ANALYZE, [], json.dumps(body).encode())
    request.charge = charge
    with pytest.raises(RequestError, match="enough"):
        Analyze(engine)(request, pytest.fail)
    assert charged == [n_items]
