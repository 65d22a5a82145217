"""The reviews as the product serves them: from a posted item to its place in the queue."""

from tests.service.conftest import Ask


def test_what_was_posted_and_held_back_is_in_the_queue_of_the_same_server(ask: Ask) -> None:
    item = {"id": "post-1", "text": "idiot idiot idiot", "context": {"surface": "review-test", "reach": 7}}
    (decided,) = ask("POST", "/v1/decisions", json={"items": [item]}).json()["results"]
    assert decided["review"] or decided["action"] in ("hold", "demote")
    listed = ask("GET", "/v1/reviews", params={"surface": "review-test", "order": "newest", "limit": 1}).json()
    assert [(one["decision_id"], one["reach"]) for one in listed["items"]] == [(decided["decision_id"], 7)]
    shown = ask("GET", f"/v1/reviews/{decided['decision_id']}").json()
    assert (shown["content_id"], shown["content"], shown["decision"]["action"]) == ("post-1", None, decided["action"])
    assert shown["decision"]["scores"]


def test_an_unknown_path_below_the_reviews_is_a_typed_error(ask: Ask) -> None:
    found = ask("GET", "/v1/reviews/stats/more")
    assert (found.status_code, found.json()["error"]["code"]) == (404, "not_found")
