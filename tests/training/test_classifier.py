import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.training.classifier import TextClassifier


def test_there_is_one_logit_a_label(classifier: TextClassifier) -> None:
    ids = torch.tensor([[2, 5, 3], [2, 6, 3]])
    assert classifier(ids, torch.ones_like(ids)).shape == (2, 3)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
@given(texts=st.lists(st.lists(st.integers(4, 18), min_size=1, max_size=12), min_size=1, max_size=6))
def test_a_logit_does_not_depend_on_the_padding_or_the_neighbours(
    classifier: TextClassifier, texts: list[list[int]]
) -> None:
    width = max(map(len, texts)) + 3
    ids, mask = torch.zeros(len(texts), width, dtype=torch.int64), torch.zeros(len(texts), width, dtype=torch.int64)
    for row, text in enumerate(texts):
        ids[row, : len(text)], mask[row, : len(text)] = torch.tensor(text), 1
    with torch.inference_mode():
        together = classifier(ids, mask)
        alone = [classifier(torch.tensor([text]), torch.ones(1, len(text), dtype=torch.int64)) for text in texts]
    torch.testing.assert_close(together, torch.cat(alone), atol=1e-5, rtol=0)


def test_a_head_is_its_own_row_of_weights(classifier: TextClassifier) -> None:
    ids = torch.tensor([[2, 5, 6, 3]])
    with torch.inference_mode():
        before = classifier(ids, torch.ones_like(ids))
        classifier.heads.weight[1] += 1.0
        after = classifier(ids, torch.ones_like(ids))
    assert (before != after).tolist() == [[False, True, False]]
