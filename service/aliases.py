"""Aliases: names of models that a deployment pins to bundles, from the environment or a small file."""

import json
import re
from pathlib import Path
from typing import Annotated, Final

import yaml
from pydantic import BeforeValidator
from pydantic_settings import NoDecode

MAX_ALIASES: Final = 100
_ALIAS: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}")
_TARGET: Final = re.compile(r"[A-Za-z0-9._-]{1,128}(\+[A-Za-z0-9._-]{1,128})*")
_LEGAL: Final = (
    'a JSON object such as {"omni-moderation-latest": "text-minilm-0.6.0"}, or the path of a YAML file with one'
)


def read_aliases(value: object) -> object:
    """The aliases that a variable holds or points to.

    Raises:
        ValueError: It is neither, or a name in it is malformed.

    """
    document = _load(value) if isinstance(value, str) else value
    if not isinstance(document, dict) or len(document) > MAX_ALIASES:
        raise ValueError(_LEGAL)
    for alias, target in document.items():
        if not isinstance(alias, str) or _ALIAS.fullmatch(alias) is None:
            raise ValueError("an alias is of letters, digits and . _ : -")
        if not isinstance(target, str) or _TARGET.fullmatch(target) is None:
            raise ValueError("an alias means a bundle with its version, or several with + between")
    return document


Aliases = Annotated[dict[str, str], NoDecode, BeforeValidator(read_aliases)]


def _load(text: str) -> object:
    try:
        if text.lstrip().startswith("{"):
            document: object = json.loads(text)
        else:
            document = yaml.safe_load(Path(text).read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError):
        raise ValueError(_LEGAL) from None
    return document
