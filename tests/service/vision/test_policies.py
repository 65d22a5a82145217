"""Policies on items with pictures: words read in them, several sources at once, and what is blurred because of it."""

from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from models.contracts import Action, ScoreSource
from service.preview import Redacted, preview_redacted
from service.settings import Settings
from tests.service.vision.seeing import GREEN, GREY, SpellingReader, flat, picture, png, seeing_models, wordy

POLICY = """
name: seeing
lists:
  people: {kind: exact, entries: [lovely people]}
rules:
  - {id: words, when: {list: people}, action: blur, message: words}
  - {id: armed, when: {all: [{category: weapons, at: balanced}, {list: people}]}, action: hold, message: both}
  - {id: picture-only, category: harassment, at: recall, source: image_text, action: demote, message: in a picture}
  - {id: mixed, when: {modalities: [text, image], category: weapons, at: balanced}, action: label, message: mixed}
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "policy.yaml").write_text(POLICY)
    return Settings(policy=tmp_path / "policy.yaml", metrics_dir=tmp_path)


def decide(settings: Settings, *images: Image.Image, text: str = "") -> Redacted:
    return preview_redacted(
        text, [png(image) for image in images], frozenset(), settings, seeing_models, SpellingReader()
    )


def rules(found: Redacted) -> dict[str, ScoreSource | None]:
    return {reason.rule: reason.source for reason in found[0].reasons}  # type: ignore[union-attr]


def test_a_list_is_looked_for_in_the_words_of_a_picture(settings: Settings) -> None:
    found = decide(settings, flat(GREY), flat(wordy(1)))
    assert rules(found) == {"words": ScoreSource.IMAGE_TEXT}
    assert found[0].action is Action.BLUR  # type: ignore[union-attr]


def test_a_picture_and_a_word_in_the_text_make_one_rule_fire(settings: Settings) -> None:
    found = decide(settings, flat(GREEN), text="you lovely people")
    assert rules(found)["armed"] is ScoreSource.IMAGE
    assert found[0].action is Action.HOLD  # type: ignore[union-attr]
    assert found[0].review  # type: ignore[union-attr]


def test_a_score_of_one_source_is_no_score_of_another(settings: Settings) -> None:
    assert "picture-only" not in rules(decide(settings, flat(GREY), text="you idiot"))
    assert rules(decide(settings, flat(wordy(2))))["picture-only"] is ScoreSource.IMAGE_TEXT


def test_what_an_item_brings_is_known(settings: Settings) -> None:
    assert "mixed" in rules(decide(settings, flat(GREEN), text="look"))
    assert "mixed" not in rules(decide(settings, flat(GREEN)))


def test_a_blur_by_a_word_leaves_the_other_pictures_as_they_are(settings: Settings) -> None:
    _, copies = decide(settings, picture(GREY, (250, 250, 250), GREY), flat(wordy(1)))
    lowest, highest = Image.open(BytesIO(copies[0].jpeg)).convert("L").getextrema()
    assert highest - lowest > 60  # type: ignore[operator]
