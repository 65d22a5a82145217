"""The pool of `weir bench drift`: every post scored once by the shipped bundle, as records of decisions.

Simulated days draw from it, so that two hundred of them cost no more model runs than one.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import orjson
from numpy.typing import NDArray

from models.contracts import Context, Modality
from models.runtime.bundle import TextBundle, load_text_bundle
from models.runtime.calibration import batch_calibration
from models.runtime.classifier import PreparedText, TextClassifier, open_classifier
from models.runtime.projection import project
from monitoring.windows.deciders import Decider as KnownDecider
from monitoring.windows.raw import RawValue
from monitoring.windows.records import window_from_records
from scripts.bench.drift_days import Pool
from scripts.demo.posts import Post
from scripts.demo.shifts import LOGIT_NOISE, LOGIT_SCALE
from service.policy.bundled import read_scorings
from service.policy.compiled import CompiledPolicy
from service.policy.compiling import compile_policy
from service.policy.document import load_policy
from service.policy.facts import Facts
from service.settings import ROOT

Floats = NDArray[np.float32]
GROUP: Final = 512
"""Texts that are scored together; progress is told after each."""
LATENCY_MS: Final = 6.0
LATENCY_SPREAD: Final = 0.4
"""Latency is drawn, as nothing is served here: log-normal around a server's median on two cores."""
TENANT: Final = "demo"
_DECIDER_ID: Final = "simulated"


@dataclass(frozen=True)
class Outputs:
    """What the model said of texts.

    Attributes:
        logits: of the labels. *Shape:* `(n, n_labels)`; NaN for a text that is empty once normalised.
        vectors: projected embeddings. *Shape:* `(n, 32)`, int8.

    """

    logits: Floats
    vectors: NDArray[np.int8]


def score_texts(
    classifier: TextClassifier, texts: Sequence[str], cache: Path, report: Callable[[int], None]
) -> Outputs:
    """Run the model over texts, or read what an earlier run kept.

    Args:
        classifier: of a bundle with embeddings.
        texts: raw.
        cache: folder; a file in it is named by the bundle and the texts.
        report: told how many more texts are done.

    """
    path = cache / f"scores-{_key(classifier.bundle.digest, texts)}.npz"
    if path.is_file():
        with np.load(path) as kept:
            report(len(texts))
            return Outputs(kept["logits"], kept["vectors"])
    groups = [texts[start : start + GROUP] for start in range(0, len(texts), GROUP)]
    scored = [_score_group(classifier, group, report) for group in groups]
    outputs = Outputs(np.concatenate([one.logits for one in scored]), np.concatenate([one.vectors for one in scored]))
    cache.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial.npz")
    np.savez(partial, logits=outputs.logits, vectors=outputs.vectors)
    partial.replace(path)
    return outputs


def _key(bundle: str, texts: Sequence[str]) -> str:
    digest = hashlib.sha256(bundle.encode())
    for text in texts:
        digest.update(text.encode() + b"\0")
    return digest.hexdigest()[:24]


def _score_group(classifier: TextClassifier, texts: Sequence[str], report: Callable[[int], None]) -> Outputs:
    prepared = classifier.prepare(texts)
    rows = [row for row, one in enumerate(prepared) if one.text]
    logits = np.full((len(texts), len(classifier.labels)), np.nan, np.float32)
    vectors = np.zeros((len(texts), 32), np.int8)
    if rows:
        logits[rows], vectors[rows] = _infer(classifier, [prepared[row] for row in rows])
    report(len(texts))
    return Outputs(logits, vectors)


def _infer(classifier: TextClassifier, prepared: Sequence[PreparedText]) -> tuple[Floats, NDArray[np.int8]]:
    windows = [window for one in prepared for window in one.windows]
    counts = [len(one.windows) for one in prepared]
    batches = classifier.plan([len(window) for window in windows])
    outputs = [classifier.infer_embeddings([windows[index] for index in batch]) for batch in batches]
    back = np.argsort(np.concatenate([np.asarray(batch) for batch in batches]))
    logits = classifier.pool(np.concatenate([one[0] for one in outputs])[back], counts)
    embeddings = classifier.pool_embeddings(np.concatenate([one[1] for one in outputs])[back], counts)
    return logits[:, : len(classifier.labels)], project(embeddings)


def regress(outputs: Outputs, seed: int) -> Outputs:
    """The same by a model that got worse: every logit shrunk, and moved by noise."""
    rng = np.random.default_rng(seed)
    noise = rng.normal(0.0, LOGIT_NOISE, outputs.logits.shape).astype(np.float32)
    return Outputs((outputs.logits * np.float32(LOGIT_SCALE) + noise).astype(np.float32), outputs.vectors)


@dataclass(frozen=True)
class Decider:
    """Who decides in the simulation: the shipped bundle and the default policy, as in a server."""

    classifier: TextClassifier
    policy: CompiledPolicy

    @property
    def bundle(self) -> TextBundle:
        """Of the texts."""
        return self.classifier.bundle

    def pool(self, posts: Sequence[Post], outputs: Outputs, seed: int) -> Pool:
        """Decide on posts: those that get a decision, and those that get a failure."""
        records = list(self._records(posts, outputs, np.random.default_rng(seed)))
        made = [record for record in records if record is not None]
        is_made = np.array([record is not None for record in records])
        return Pool(
            window_from_records(made, deciders={_DECIDER_ID: self._known()}),
            np.where(is_made, np.cumsum(is_made) - 1, -1),
            np.array([post.is_harmful for post in posts]),
        )

    def _known(self) -> KnownDecider:
        """As monitoring knows it from the store."""
        table = {
            label.value: {point.value: prob for point, prob in points.items()}
            for label, points in self.bundle.thresholds.categories.items()
        }
        names = (self.policy.name, self.policy.version)
        return KnownDecider(_DECIDER_ID, *names, (self.bundle.reference,), {self.bundle.digest: table})

    def _records(
        self, posts: Sequence[Post], outputs: Outputs, rng: np.random.Generator
    ) -> Iterator[Mapping[str, RawValue] | None]:
        """The columns of `decisions`; None for a failure. Time is the place in the list, until a day is drawn."""
        maps = [self.bundle.calibration.categories[label] for label in self.classifier.labels]
        probs = np.round(batch_calibration(maps).apply(outputs.logits).astype(np.float64), 6)
        for row, (post, prepared) in enumerate(zip(posts, self._prepared(posts), strict=True)):
            context = draw_context(post, rng)
            latency_ms = round(float(rng.lognormal(np.log(LATENCY_MS), LATENCY_SPREAD)), 3)
            if not prepared.text:
                yield None
                continue
            yield {
                "decision_id": f"{row:09d}",
                "decided_at_us": row,
                "latency_ms": latency_ms,
                "text_vector": outputs.vectors[row].tobytes(),
                **self._decided(prepared, probs[row].tolist(), context),
            }

    def _prepared(self, posts: Sequence[Post]) -> Iterator[PreparedText]:
        texts = [post.text for post in posts]
        for start in range(0, len(texts), GROUP):
            yield from self.classifier.prepare(texts[start : start + GROUP])

    def _decided(self, prepared: PreparedText, probs: list[float], context: Context) -> Mapping[str, RawValue]:
        verdict = self.policy.judge_text(probs, Facts(TENANT, "decisions", context, text=prepared.text))
        names = [label.value for label in self.classifier.labels]
        features: dict[str, RawValue] = prepared.features.model_dump()
        return features | {
            "tenant": TENANT,
            "surface": context.surface,
            "modalities": Modality.TEXT.value,
            "content_digest": hashlib.blake2b(prepared.text.encode(), digest_size=32).hexdigest(),
            "scores": orjson.dumps(dict(zip(names, probs, strict=True))).decode(),
            "action": verdict.action.value,
            "review": verdict.review,
            "flagged": verdict.flagged,
            "decider_id": _DECIDER_ID,
            "context": orjson.dumps(context.model_dump(mode="json", exclude_defaults=True)).decode(),
            "cached": False,
        }


def draw_context(post: Post, rng: np.random.Generator) -> Context:
    """What a site knows of a post: few are seen by many, and harmful ones are reported more often."""
    reports = rng.poisson(0.25 if post.is_harmful else 0.02)
    return Context(kind="post", surface=post.surface, reach=int(rng.lognormal(4.0, 1.5)), user_reports=int(reports))


def open_decider(bundle: Path) -> Decider:
    """The bundle of texts with the default policy."""
    document = load_policy(ROOT / "service" / "policies" / "default.yaml")
    classifier = open_classifier(load_text_bundle(bundle))
    return Decider(classifier, compile_policy(document, read_scorings(bundle.parent)))
