"""Idempotency keys on items with images: words read in them and copies of them are not kept."""

import uuid

from sqlalchemy import select

from service.engine import Engine
from service.idempotency.tables import idempotency_answers
from tests.service.conftest import Ask
from tests.service.vision.conftest import url
from tests.service.vision.seeing import RED, flat, picture, wordy

PATH = "/v1/decisions"


def test_texts_and_pictures_are_answered_again_with_the_same_decisions(see: Ask) -> None:
    headers = {"idempotency-key": str(uuid.uuid4())}
    body = {
        "items": [
            {"text": "you"},
            {"id": "words", "images": [{"url": url(flat(wordy(2)))}]},
            {"images": [{"url": url(picture(RED))}]},
            {"images": [{"url": "data:image/png;base64,eA=="}]},
        ]
    }
    first = see("POST", PATH, json=body, headers=headers).json()["results"]
    again = see("POST", PATH, json=body, headers=headers)
    assert again.headers["idempotent-replayed"] == "true"
    repeated = again.json()["results"]
    assert [result["outcome"] for result in first] == ["decided", "decided", "decided", "failed"]
    for name in ("outcome", "action", "content_id", "scores", "reasons"):
        assert [entry.get(name) for entry in repeated] == [entry.get(name) for entry in first]
    assert [entry.get("decision_id") for entry in repeated] == [entry.get("decision_id") for entry in first]


def test_neither_words_nor_blurred_copies_are_kept(see: Ask, seeing_engine: Engine) -> None:
    key = str(uuid.uuid4())
    body = {"items": [{"images": [{"url": url(flat(wordy(2)))}, {"url": url(picture(RED))}], "redact": ["picture"]}]}
    first = see("POST", PATH, json=body, headers={"idempotency-key": key}).json()["results"][0]
    assert first["evidence"]["images"][0]["text"] == "you idiot"
    assert len(first["redacted_images"]) == 2
    with seeing_engine.database.connect() as connection:
        chosen = select(idempotency_answers.c.answer).where(idempotency_answers.c.key == key)
        kept = bytes(connection.execute(chosen).scalar_one())
    assert b"you idiot" not in kept
    assert b"redacted_images" not in kept
