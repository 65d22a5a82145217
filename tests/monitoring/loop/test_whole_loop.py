"""The whole loop with the bundle that ships: sample, review, export, refit, shadow, comparison."""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from models.contracts import Category
from models.export.refit.refitting import RefitRequest, refit
from models.export.refit.reviewed import read_reviewed
from models.runtime.bundle import load_text_bundle
from monitoring.comparison.comparing import compare
from monitoring.windows.source import open_source
from service.asking import Ask
from service.companions import accompany
from service.engine import Engine, open_engine
from service.reviews.content import kept_content
from service.reviews.desk import Desk
from service.reviews.examples import Wish, examples
from service.reviews.exporting import write_examples
from service.reviews.leases import Wanted, claim
from service.reviews.opening import open_desk
from service.reviews.reviewer import Reviewer
from service.reviews.values import LabelValue, VerdictKind
from service.reviews.verdicts import Judged, decide
from service.rollout.shadow_bundle import Choice, ShadowBundle
from service.settings import Settings

BASE = Path("models/bundles/text-minilm")
ANNA = Reviewer("key:a")
SLANG = ("zorblik", "blikvee", "narquo")
PLACES = ("town", "school", "the market", "my street", "the office", "the bus", "our club", "the park", "work", "class")


def posts(n: int, seed: int) -> list[str]:
    """Every second one is in a slang that people find hateful and that no model knows."""
    rng = np.random.default_rng(seed)
    lines = []
    for at in range(n):
        place, other, number = rng.choice(PLACES), rng.choice(PLACES), rng.integers(1, 10_000)
        lines.append(
            f"{rng.choice(SLANG)} {rng.choice(SLANG)} at {place} again, number {number}"
            if at % 2
            else f"we went to {place} and then to {other}, ticket {number}"
        )
    return lines


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    settings = Settings(
        database_url=f"sqlite:///{tmp_path / 'weir.db'}",
        metrics_dir=tmp_path / "metrics",
        review_content="text",
        review_sample_share=1.0,
        golden_share=0.0,
    )
    engine = open_engine(settings)
    accompany(engine)
    yield engine
    asyncio.run(engine.close())


def post(engine: Engine, texts: Sequence[str]) -> None:
    async def run() -> None:
        answered = asyncio.Event()
        engine.submit(texts, Ask("decisions", "t1"), lambda _: answered.set())
        await asyncio.wait_for(answered.wait(), 60)

    asyncio.run(run())


def review_all(desk: Desk) -> int:
    """A person who knows the slang says of everything in the queue whether it is hate."""
    n_said = 0
    while claimed := claim(desk, ANNA, Wanted(), 50, 600):
        with desk.database.connect() as connection:
            texts = kept_content(connection, [one.decision_id for one in claimed])
        for one in claimed:
            text = texts[one.decision_id].text or ""
            value = LabelValue.YES if any(word in text for word in SLANG) else LabelValue.NO
            judged = Judged(VerdictKind.UPHOLD, {Category.HATE: value})
            decide(desk, ANNA, None, one.decision_id, one.lease_id, judged)
            n_said += 1
    return n_said


def test_what_people_say_of_a_sample_becomes_a_better_bundle_beside_the_old_one(engine: Engine, tmp_path: Path) -> None:
    desk = open_desk(engine)
    post(engine, posts(120, seed=1))
    assert review_all(desk) == 120

    labels = tmp_path / "labels.jsonl"
    assert write_examples(examples(desk, Wish(with_content=True)), labels) == 120
    out = tmp_path / "next" / "text-minilm"
    request = RefitRequest(load_text_bundle(BASE), None, out, "0.2.0", datetime.now(UTC).date())
    assert Category.HATE in {head.category for head in refit(request, read_reviewed(labels)).moved}

    shadow = ShadowBundle(engine.database, engine.judges, Choice(out, 1.0))
    shadow.refresh()
    engine.hooks.append(shadow)
    post(engine, posts(130, seed=2))
    while shadow.score_waiting():
        pass
    assert review_all(desk) == 130

    with open_source(str(engine.settings.database_url)) as source:
        found = compare(source)
    assert found.shadow == load_text_bundle(out).digest
    assert found.n_decisions == found.n_labelled == 130
    assert found.quality is not None
    assert found.quality.high < 0
