"""Pretraining, continued: the encoder guesses masked words of the texts it will judge, before it sees a label.

The packaged encoder was made for sentence vectors and has no head that guesses words; one is begun here, learns beside
it and is not kept. What comes out is a folder that a training file names as `encoder.name`.

Source: Devlin et al. (2019), "BERT", section 3.1, for the task; Gururangan et al. (2020), "Don't stop pretraining",
for doing it on texts of the domain.
"""

import math
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated, Final

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field
from torch import Tensor, nn
from transformers import PreTrainedModel

from models.contracts.base import Value
from models.contracts.bundle import Spelling
from models.data.examples import Split
from models.data.store import load_dataset_digest, load_split
from models.runtime.batching import pad_windows
from models.runtime.tokenization import N_SPECIAL
from models.training.batches import plan_epoch, split
from models.training.config import BatchesConfig, Count, OptimiserConfig, Precision, config_toml
from models.training.device import autocast, choose_device, settle
from models.training.encoder import find_encoder, load_encoder, read_encoder_tokenizer, token_states
from models.training.errors import ConfigError, NothingToLearnError
from models.training.gradients import accumulate
from models.training.history import append_record, rewind
from models.training.optimiser import build_optimiser, lr_factor, set_lr
from models.training.passages import random_window
from models.training.resume import Snapshot, cuda_rng_states, load_snapshot, run_key, save_snapshot, take_up
from models.training.surroundings import Passage, unknown
from models.training.tokens import TokenTable, tokenize_all
from models.training.trainer import HISTORY, LOG_EVERY_STEPS, Progress, Report

ENCODER: Final = "encoder"
_MASKED: Final = 0.8
"""Of the tokens to guess, those that are hidden; of the others half are another token, and half stay."""
_NOT_ASKED: Final = -100
_DROPOUT: Final = 0.1


class PretrainingConfig(Value):
    """One run of continued pretraining."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    seed: int = 17
    threads: Count = 2
    precision: Precision = Precision.BFLOAT16
    resume_every_steps: Count = 200
    encoder: str = "wheel"
    spelling: Spelling = "undisguised"
    exclude: tuple[str, ...] = ("weir_seeds",)
    """Sources that are not read: what was written with slots says the same thing many times."""
    texts: Count = 100_000
    mask_share: Annotated[float, Field(gt=0.0, lt=1.0)] = 0.15
    batches: BatchesConfig = BatchesConfig()
    optimiser: OptimiserConfig = OptimiserConfig()


class WordGuesser(nn.Module):
    """An encoder and a head that guesses tokens by their own embeddings."""

    def __init__(self, encoder: PreTrainedModel) -> None:
        super().__init__()
        self.encoder = encoder
        hidden, n_words = int(encoder.config.hidden_size), int(encoder.config.vocab_size)
        self.dense = nn.Linear(hidden, hidden)
        self.norm = nn.LayerNorm(hidden)
        self.bias = nn.Parameter(torch.zeros(n_words))

    def forward(self, ids: Tensor, mask: Tensor, chosen: Tensor) -> Tensor:
        """Logits over the vocabulary of the chosen tokens. *Shape:* `(n, t)` each to `(chosen, words)`."""
        states = token_states(self.encoder, ids, mask)[chosen]
        words = self.encoder.get_input_embeddings().weight
        guessed: Tensor = self.norm(nn.functional.gelu(self.dense(states))) @ words.T + self.bias
        return guessed


def hide(
    ids: NDArray[np.int64], mask: NDArray[np.int64], share: float, mask_id: int, n_words: int, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Hide a share of the tokens; what is hidden is at least one token of every text that has any.

    Args:
        ids: special tokens first and last, then padding. *Shape:* `(n, t)`.
        mask: 1 where there is a token. *Shape:* `(n, t)`.
        share: of the tokens that are no special ones, those to be guessed.
        mask_id: stands for a hidden token.
        n_words: size of the vocabulary.
        rng: decides.

    Returns:
        The ids as the encoder sees them, and the truth where it is asked for, -100 elsewhere.

    """
    lengths = mask.sum(axis=1)
    places = np.arange(ids.shape[1])[None, :]
    is_word = (places >= 1) & (places < lengths[:, None] - 1)
    chances = np.where(is_word, rng.random(ids.shape), 2.0)
    lowest = chances == chances.min(axis=1, keepdims=True)
    asked = is_word & ((chances < share) | lowest)
    shown = ids.copy()
    fate = rng.random(ids.shape)
    shown[asked & (fate < _MASKED)] = mask_id
    changed = asked & (fate >= _MASKED) & (fate < (1.0 + _MASKED) / 2)
    shown[changed] = rng.integers(n_words, size=int(changed.sum()))
    return shown, np.where(asked, ids, _NOT_ASKED)


def pretrain(config: PretrainingConfig, data_dir: Path, run_dir: Path, report: Report, *, fresh: bool = False) -> Path:
    """Go on with the pretraining of an encoder; go on where a killed run stopped, unless a fresh start is asked for.

    Args:
        config: what to read and how.
        data_dir: a built dataset; only texts of its training split are read, and no label.
        run_dir: gets `config.toml`, `history.jsonl`, `resume.pt` and `encoder/`.
        report: told after every step.
        fresh: empty the folder first.

    Returns:
        The encoder's folder.

    Raises:
        DataError: there is no dataset in `data_dir`.
        TrainingError: the encoder or the snapshot cannot be used, or no text is left.

    """
    location, _ = find_encoder(config.encoder)
    if fresh:
        shutil.rmtree(run_dir, ignore_errors=True)
    run_dir.mkdir(parents=True, exist_ok=True)
    settle(config.seed, 1)
    tokenizer = read_encoder_tokenizer(location)
    mask_id = tokenizer.token_to_id("[MASK]")
    if mask_id is None:
        raise ConfigError(f"encoder '{config.encoder}': its tokenizer has no token [MASK] to hide words with")
    train = load_split(data_dir, Split.TRAIN)
    texts = [text for text, source in zip(train.texts, train.sources, strict=True) if source not in config.exclude]
    table = tokenize_all(tokenizer, texts, config.spelling)
    if not (table.lengths > N_SPECIAL).any():
        raise NothingToLearnError(f"{data_dir}: no training text is left to read")
    encoder = load_encoder(location, hidden_dropout=_DROPOUT, freeze_words=True)
    key = run_key(config, load_dataset_digest(data_dir))
    (run_dir / "config.toml").write_text(config_toml(config), encoding="utf-8")
    _Pretrainer(config, table, mask_id, WordGuesser(encoder), run_dir, key, report).fit()
    encoder.save_pretrained(run_dir / ENCODER)
    tokenizer.save(str(run_dir / ENCODER / "tokenizer.json"))
    return run_dir / ENCODER


class _Pretrainer:
    """Steps over a fixed list of batches; can be killed at any time."""

    def __init__(
        self,
        config: PretrainingConfig,
        table: TokenTable,
        mask_id: int,
        guesser: WordGuesser,
        run_dir: Path,
        key: str,
        report: Report,
    ) -> None:
        self._config, self._table, self._mask_id = config, table, mask_id
        self._device = choose_device("auto")
        self._guesser = guesser.to(self._device)
        self._run_dir, self._key, self._report = run_dir, key, report
        self._parameters = [one for one in guesser.parameters() if one.requires_grad]
        self._optimiser = build_optimiser(guesser, config.optimiser)
        self._n_parts = config.threads if self._device.type == "cpu" else 1
        self._pool = ThreadPoolExecutor(self._n_parts)
        self._batches = self._plan()

    def _plan(self) -> list[NDArray[np.int64]]:
        """Rows in an order drawn once, begun anew where there are fewer than are to be read."""
        rows = np.flatnonzero(self._table.lengths > N_SPECIAL)
        rng = np.random.default_rng([self._config.seed, 5])
        drawn = np.concatenate([rng.permutation(rows) for _ in range(math.ceil(self._config.texts / len(rows)))])
        sizes = self._config.batches
        lengths = np.minimum(self._table.lengths, sizes.max_tokens)
        return plan_epoch(drawn[: self._config.texts], lengths, sizes.padded_tokens, sizes.pool_rows, rng)

    def fit(self) -> None:
        """Learn from the start, or from the last snapshot, to the end."""
        step = self._restore()
        self._guesser.train()
        losses: list[float] = []
        n_texts, began = 0, time.perf_counter()
        while step < len(self._batches):
            losses.append(self._step(step))
            n_texts += len(self._batches[step])
            step += 1
            lr = float(self._optimiser.param_groups[-1]["lr"])
            pace = n_texts / max(time.perf_counter() - began, 1e-9)
            self._report(Progress(step, len(self._batches), float(np.mean(losses)), lr, pace, None))
            if step % LOG_EVERY_STEPS == 0 or step == len(self._batches):
                record = {"step": step, "loss": float(np.mean(losses)), "lr": lr, "texts_per_s": round(pace, 1)}
                append_record(self._run_dir / HISTORY, record)
                losses, n_texts, began = [], 0, time.perf_counter()
            if step % self._config.resume_every_steps == 0 or step == len(self._batches):
                save_snapshot(self._snapshot(step), self._run_dir)

    def _step(self, step: int) -> float:
        """Learn from one batch; returns the loss, nats a hidden token."""
        rng = np.random.default_rng([self._config.seed, step, 6])
        windows = []
        for row in self._batches[step]:
            passage = Passage(self._table[int(row)], unknown(self._table[int(row)]))
            windows.append(random_window(passage, self._config.batches.max_tokens, rng).ids.astype(np.int64))
        ids, mask = pad_windows(windows)
        n_words = int(self._guesser.encoder.config.vocab_size)
        shown, truth = hide(ids, mask, self._config.mask_share, self._mask_id, n_words, rng)
        return self._learn(step, torch.from_numpy(shown), torch.from_numpy(mask), torch.from_numpy(truth))

    def _learn(self, step: int, shown: Tensor, mask: Tensor, truth: Tensor) -> float:
        lengths = mask.sum(dim=1)

        def cost_of(part: Tensor) -> tuple[Tensor, Tensor]:
            longest = int(lengths[part].max())
            ids, used, wanted = (one[part, :longest].to(self._device) for one in (shown, mask, truth))
            chosen = wanted != _NOT_ASKED
            with autocast(self._device, self._config.precision):
                logits = self._guesser(ids, used, chosen)
            cost = nn.functional.cross_entropy(logits.float(), wanted[chosen], reduction="sum")
            return cost, chosen.sum()

        set_lr(self._optimiser, lr_factor(step, len(self._batches), self._config.optimiser.warmup_share))
        loss = accumulate(self._parameters, cost_of, split(lengths.tolist(), self._n_parts), self._pool)
        torch.nn.utils.clip_grad_norm_(self._parameters, self._config.optimiser.clip_norm)
        self._optimiser.step()
        self._optimiser.zero_grad(set_to_none=True)
        return loss

    def _snapshot(self, step: int) -> Snapshot:
        return Snapshot(
            run_key=self._key,
            step=step,
            weights=self._guesser.state_dict(),
            averages=[],
            optimiser=self._optimiser.state_dict(),
            best=0.0,
            waited=0,
            rng=torch.get_rng_state(),
            cuda_rng=cuda_rng_states(),
        )

    def _restore(self) -> int:
        """Take up the last snapshot; returns the steps it had done, 0 without one."""
        snapshot = load_snapshot(self._run_dir, self._key)
        if snapshot is None:
            return 0
        take_up(snapshot, self._guesser, self._optimiser)
        rewind(self._run_dir / HISTORY, snapshot.step)
        return snapshot.step
