"""Words of the shifts that were written for them: sentences in other languages, a topic, advertisements."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Final

import yaml
from pydantic import Field

from models.contracts.base import Value

_FILE: Final = Path(__file__).with_name("words.yaml")


class Words(Value):
    """The file.

    Attributes:
        languages: sentences as people post them, by ISO 639 code; openings and endings combine.
        topic: posts about trouble at the bank, for when no data set is at hand.
        spam: advertisements, with `{n}` where each copy has a number of its own.

    """

    languages: Mapping[str, Annotated[tuple[str, ...], Field(min_length=8)]]
    topic: Annotated[tuple[str, ...], Field(min_length=8)]
    spam: Annotated[tuple[str, ...], Field(min_length=8)]


@cache
def read_words() -> Words:
    """The file as it is."""
    return Words.model_validate(yaml.safe_load(_FILE.read_text(encoding="utf-8")))
