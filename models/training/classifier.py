"""Classifier: one shared encoder with a head a label."""

from collections.abc import Sequence

from tokenizers import Tokenizer
from torch import Tensor, nn
from transformers import PreTrainedModel

from models.contracts import Category
from models.contracts.bundle import Encoder, Spelling
from models.data.labels import Auxiliary
from models.training.encoder import mean, pool, token_states


class TextClassifier(nn.Module):
    """One shared encoder, the mean of its token vectors, and one linear head a label.

    The heads are the rows of one matrix: a label's logit depends on its own row only.

    Attributes:
        labels: the categories of the first columns, in the order of `CATEGORIES`.
        auxiliary_labels: the names of the further columns.
        max_tokens: longest window it is used with, special tokens included.
        dataset_digest: digest of the dataset it was trained on.
        origin: where the encoder's weights came from.
        tokenizer: reads texts as the encoder was pretrained to.
        spelling: how texts are read before that.
        previous_tokens: most tokens of the turn before a text that are read in front of it; 0 where none was shown.

    """

    def __init__(
        self,
        encoder: PreTrainedModel,
        tokenizer: Tokenizer,
        labels: Sequence[Category],
        auxiliary_labels: Sequence[str],
        *,
        max_tokens: int,
        dataset_digest: str,
        origin: Encoder,
        dropout: float = 0.0,
        spelling: Spelling = "as-written",
        previous_tokens: int = 0,
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.dropout = nn.Dropout(dropout)
        self.heads = nn.Linear(encoder.config.hidden_size, len(labels) + len(auxiliary_labels))
        self.labels = tuple(labels)
        self.auxiliary_labels = tuple(auxiliary_labels)
        self.max_tokens = max_tokens
        self.dataset_digest = dataset_digest
        self.origin = origin
        self.tokenizer = tokenizer
        self.spelling = spelling
        self.previous_tokens = previous_tokens

    def embed(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """The mean of the token vectors that are not padding, in float32.

        Args:
            input_ids: int64. *Shape:* `(n, t)`.
            attention_mask: int64, 1 for tokens and 0 for padding; at least one token a row. *Shape:* `(n, t)`.

        Returns:
            *Shape:* `(n, hidden)`.

        """
        return pool(self.encoder, input_ids, attention_mask)

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Logits in float32. *Shape:* `(n, t)` and `(n, t)` to `(n, len(labels) + len(auxiliary_labels))`."""
        logits: Tensor = self.heads(self.dropout(self.embed(input_ids, attention_mask)))
        return logits.float()

    def read(self, input_ids: Tensor, attention_mask: Tensor) -> tuple[Tensor, Tensor | None]:
        """Logits as `forward` gives them, and those of the evidence column token by token, in one pass.

        Returns:
            *Shape:* `(n, len(labels) + len(auxiliary_labels))`, and `(n, t)` or None without such a column.

        """
        states = token_states(self.encoder, input_ids, attention_mask)
        logits: Tensor = self.heads(self.dropout(mean(states, attention_mask)))
        name = Auxiliary.EVIDENCE.value
        if name not in self.auxiliary_labels:
            return logits.float(), None
        column = len(self.labels) + self.auxiliary_labels.index(name)
        return logits.float(), self.dropout(states) @ self.heads.weight[column] + self.heads.bias[column]
