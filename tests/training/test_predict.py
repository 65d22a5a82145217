import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.runtime.tokenization import TextTokenizer
from models.training.classifier import TextClassifier
from models.training.predict import WINDOW_STRIDE, predict_logits

WORDS = st.sampled_from(["you", "are", "fool", "buy", "nice", "sky", "unheard"])
TEXTS = st.lists(st.lists(WORDS, min_size=1, max_size=40).map(" ".join), min_size=1, max_size=8)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20, deadline=None)
@given(texts=TEXTS, padded_tokens=st.sampled_from([16, 64, 4096]))
def test_a_text_scores_the_same_alone_and_in_any_batch(
    classifier: TextClassifier, texts: list[str], padded_tokens: int
) -> None:
    classifier.max_tokens = 40
    together = predict_logits(classifier, texts, padded_tokens=padded_tokens)
    alone = np.concatenate([predict_logits(classifier, [text]) for text in texts])
    np.testing.assert_allclose(together, alone, atol=1e-5)


def test_a_long_text_has_the_largest_logit_of_its_windows(classifier: TextClassifier) -> None:
    classifier.max_tokens = 40
    text = " ".join(["you"] * 50 + ["fool"] * 30)
    tokenizer = TextTokenizer(classifier.tokenizer, 40, WINDOW_STRIDE)
    windows = tokenizer.tokenize([text])[0].windows
    pieces = [classifier.tokenizer.decode(window[1:-1].tolist()) for window in windows]
    assert len(pieces) > 1
    expected = np.max([predict_logits(classifier, [piece])[0] for piece in pieces], axis=0)
    np.testing.assert_allclose(predict_logits(classifier, [text])[0], expected, atol=1e-5)


def test_the_mode_of_the_classifier_is_put_back(classifier: TextClassifier) -> None:
    predict_logits(classifier.train(), ["you"])
    assert classifier.training


def test_dropout_is_off_while_predicting(classifier: TextClassifier) -> None:
    classifier.dropout.p = 0.9
    classifier.train()
    assert (predict_logits(classifier, ["you are"]) == predict_logits(classifier, ["you are"])).all()


def test_every_window_is_reported(classifier: TextClassifier) -> None:
    counts: list[int] = []
    predict_logits(classifier, ["you", "are", "nice day"], padded_tokens=3, done=counts.append)
    assert counts == [1, 2, 3]
