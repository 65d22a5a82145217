"""Analyze comments with the unmodified `google-api-python-client`: only the address is changed.

    python tests/e2e/perspective_client.py http://localhost:3000 [KEY]

The test suite runs the same functions against a server of its own.
"""

import sys
from typing import Any

from googleapiclient import discovery
from googleapiclient.errors import HttpError

TEXT = "What a lovely day. You 😀 are an idiot!"
ATTRIBUTES = ("TOXICITY", "SEVERE_TOXICITY", "IDENTITY_ATTACK", "INSULT", "PROFANITY", "THREAT", "SEXUALLY_EXPLICIT")
DIRECTORY = "discovery/v1/apis/{api}/{apiVersion}/rest"
Json = dict[str, Any]


def connect(base_url: str, key: str | None, address: str = "$discovery/rest?version=v1alpha1") -> Any:
    """The client, built as the documentation of the Perspective API builds it."""
    return discovery.build(
        "commentanalyzer",
        "v1alpha1",
        developerKey=key,
        discoveryServiceUrl=f"{base_url}/{address}",
        static_discovery=False,
    )


def analyze(client: Any, **body: Any) -> Json:
    """One answer."""
    request = {"comment": {"text": TEXT}, "requestedAttributes": {"TOXICITY": {}}, "languages": ["en"], **body}
    answer: Json = client.comments().analyze(body=request).execute()
    return answer


def check_scores(client: Any) -> None:
    """Every production attribute has a summary score and a span over the whole comment."""
    scores = analyze(client, requestedAttributes={name: {} for name in ATTRIBUTES})["attributeScores"]
    assert set(scores) == set(ATTRIBUTES)
    for entry in scores.values():
        assert entry["summaryScore"]["type"] == "PROBABILITY"
        assert 0.0 <= entry["summaryScore"]["value"] <= 1.0
        assert [(span["begin"], span["end"]) for span in entry["spanScores"]] == [(0, 39)]


def check_spans(client: Any) -> None:
    """Sentences have scores of their own, and their places count UTF-16 code units."""
    spans = analyze(client, spanAnnotations=True)["attributeScores"]["TOXICITY"]["spanScores"]
    assert [(span["begin"], span["end"]) for span in spans] == [(0, 18), (19, 39)]
    assert spans[0]["score"]["value"] < spans[1]["score"]["value"]


def check_echo(client: Any) -> None:
    """Token and languages come back; without languages the one that was recognised does."""
    answer = analyze(client, clientToken="comment-1", sessionId="7", communityId="/forum", doNotStore=True)
    assert (answer["clientToken"], answer["languages"]) == ("comment-1", ["en"])
    answer = analyze(client, languages=[], context={"entries": [{"text": "What do you think?"}]})
    assert (answer["languages"], answer["detectedLanguages"]) == (["en"], ["en"])


def check_thresholds(client: Any) -> None:
    """Scores below their threshold are left out."""
    attributes = {"TOXICITY": {"scoreThreshold": 0.0}, "SPAM": {"scoreThreshold": 1.0, "scoreType": "PROBABILITY"}}
    assert list(analyze(client, requestedAttributes=attributes)["attributeScores"]) == ["TOXICITY"]


def check_html(client: Any) -> None:
    """Markup is not scored."""
    plain = analyze(client, comment={"text": "You are an idiot!"})["attributeScores"]["TOXICITY"]["summaryScore"]
    marked = analyze(client, comment={"text": "You <b>are</b> an <i>id</i>iot!", "type": "HTML"})
    assert marked["attributeScores"]["TOXICITY"]["summaryScore"] == plain


def check_errors(client: Any) -> None:
    """Each is the original's, so that code which looks at `errorType` goes on working."""
    attribute = {"requestedAttributes": {"TOXICITY": {}}}
    for body, error_type in [
        ({"comment": {"text": ""}}, "COMMENT_EMPTY"),
        ({"requestedAttributes": {}}, "NO_REQUESTED_ATTRIBUTES"),
        ({"requestedAttributes": {"FLIRTATION": {}}}, "INVALID_REQUEST"),
        ({"languages": ["fr"]} | attribute, "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE"),
        ({"languages": [], "comment": {"text": "Du bist ein Idiot und ich will dich nicht sehen"}} | attribute,
         "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE"),
        ({"comment": {"text": "a" * 100_001}} | attribute, "COMMENT_TOO_LONG"),
    ]:  # fmt: skip
        error = refusal(client, **body)
        assert error.resp.status == 400
        assert error.error_details[0]["errorType"] == error_type, error


def refusal(client: Any, **body: Any) -> HttpError:
    """The error that the client raises."""
    try:
        analyze(client, **body)
    except HttpError as error:
        return error
    raise AssertionError("what cannot be analyzed was analyzed")


def check_suggestion(client: Any) -> None:
    """A suggestion is taken."""
    body = {
        "comment": {"text": TEXT},
        "attributeScores": {"TOXICITY": {"summaryScore": {"value": 0}}},
        "clientToken": "comment-53922",
    }
    assert client.comments().suggestscore(body=body).execute()["clientToken"] == "comment-53922"


def run(base_url: str, key: str | None) -> None:
    """Everything against one server, found by either address of the discovery document."""
    for address in ("$discovery/rest?version=v1alpha1", DIRECTORY):
        with connect(base_url, key, address) as client:
            check_scores(client)
    with connect(base_url, key) as client:
        for check in (check_spans, check_echo, check_thresholds, check_html, check_errors, check_suggestion):
            check(client)


def main() -> None:
    """Run everything against one server."""
    arguments = sys.argv[1:]
    base_url = arguments[0].rstrip("/") if arguments else "http://localhost:3000"
    run(base_url, arguments[1] if len(arguments) > 1 else "unused")
    sys.stdout.write(f"google-api-python-client works with {base_url}\n")


if __name__ == "__main__":
    main()
