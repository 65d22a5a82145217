import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from models.evaluation.metrics import areas
from models.training.fusion import (
    FusionInputs,
    FusionMember,
    FusionNet,
    Standardised,
    averaged,
    fit_fusion,
    fusion_logits,
    is_present,
    joined,
)
from tests.training.memes.conftest import N_PICTURE, N_WORDS, TINY, make_inputs


def make_member(seed: int, rank: int = 3) -> FusionMember:
    torch.manual_seed(seed)
    words = Standardised(torch.full((N_WORDS,), 0.1), torch.full((N_WORDS,), 0.5))
    picture = Standardised(torch.full((N_PICTURE,), -0.1), torch.full((N_PICTURE,), 0.7))
    member = FusionMember(words, picture, rank, 2)
    for parameter in member.parameters():
        torch.nn.init.normal_(parameter)
    return member.eval()


@pytest.fixture(scope="module")
def net() -> FusionNet:
    return FusionNet(averaged([make_member(0), make_member(1)])).eval()


def score(net: FusionNet, seed: int = 0, **changes: np.ndarray) -> np.ndarray:
    inputs, _ = make_inputs(seed, 5)
    values = {"text": inputs.text, "image_text": inputs.image_text, "image": inputs.image} | changes
    return fusion_logits(net, FusionInputs(**values))


def test_it_learns_what_neither_words_nor_picture_say_alone() -> None:
    inputs, harmful = make_inputs(0, 600)
    unseen, expected = make_inputs(1, 300)
    joint = fit_fusion(inputs, harmful, harmful, TINY, seed=0)
    linear = fit_fusion(inputs, harmful, harmful, TINY.model_copy(update={"rank": 0}), seed=0)
    found = [areas(fusion_logits(one, unseen)[:, 0], expected.astype(int)).roc_auc[0] for one in (joint, linear)]
    assert found[0] > 0.8
    assert found[1] < 0.6


def test_the_same_seed_fits_the_same_network() -> None:
    inputs, harmful = make_inputs(0, 60)
    config = TINY.model_copy(update={"steps": 5})
    first, second = (fusion_logits(fit_fusion(inputs, harmful, harmful, config, 3), inputs) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_the_average_of_members_is_one_member_that_gives_their_mean() -> None:
    members = [make_member(0), make_member(1), make_member(2)]
    inputs, _ = make_inputs(0, 7)
    rows = (torch.from_numpy(inputs.image_text), torch.from_numpy(inputs.image))
    expected = torch.stack([member(*rows) for member in members]).mean(dim=0)
    torch.testing.assert_close(averaged(members)(*rows), expected)


def test_words_mean_the_same_beside_a_picture_and_in_it(net: FusionNet) -> None:
    inputs, _ = make_inputs(0, 5)
    beside = score(net, text=inputs.image_text, image_text=np.zeros_like(inputs.text))
    np.testing.assert_allclose(beside, score(net), atol=1e-6)


@given(seed=st.integers(0, 100))
def test_words_beside_a_picture_never_hide_the_words_in_it(net: FusionNet, seed: int) -> None:
    other, _ = make_inputs(seed + 1000, 5)
    assert (score(net, seed, text=other.image_text) >= score(net, seed) - 1e-5).all()


def test_an_absent_picture_adds_nothing(net: FusionNet) -> None:
    inputs, _ = make_inputs(0, 5)
    words = net.member.words(torch.from_numpy(inputs.image_text))
    expected = net.member.from_words(words).detach().numpy()
    np.testing.assert_allclose(score(net, image=np.zeros_like(inputs.image)), expected, atol=1e-5)


def test_without_words_only_the_picture_counts(net: FusionNet) -> None:
    inputs, _ = make_inputs(0, 5)
    nothing = np.zeros_like(inputs.text)
    picture = net.member.from_picture(net.member.picture(torch.from_numpy(inputs.image)))
    expected = (picture + net.member.from_words.bias).detach().numpy()
    np.testing.assert_allclose(score(net, text=nothing, image_text=nothing), expected, atol=1e-5)


@pytest.mark.parametrize("name", ["text", "image_text", "image"])
def test_what_is_not_a_number_stays_none(net: FusionNet, name: str) -> None:
    inputs, _ = make_inputs(0, 5)
    values = {"text": inputs.image_text.copy(), "image_text": inputs.image_text.copy(), "image": inputs.image.copy()}
    values[name][2] = np.nan
    assert np.isnan(score(net, **values)[:, 0]).tolist() == [False, False, True, False, False]


def test_rows_of_zeros_are_absent_and_nan_is_not() -> None:
    rows = torch.tensor([[0.0, 0.0], [0.0, -1.0], [float("nan"), 0.0]])
    assert is_present(rows)[:, 0].tolist() == [0.0, 1.0, 1.0]


def test_parts_are_joined_in_order() -> None:
    first, _ = make_inputs(0, 2)
    second, _ = make_inputs(1, 3)
    whole = joined([first, second])
    np.testing.assert_array_equal(whole.rows(np.array([2, 3, 4])).image, second.image)
