"""The platform: what a statement of reasons says that only the deployment knows, from a small YAML file."""

from pathlib import Path
from typing import Annotated, Literal, Self

import yaml
from pydantic import AfterValidator, Field, StringConstraints, ValidationError, model_validator

from models.contracts import Category
from models.contracts.base import Value
from service.accountability.dsa.vocabulary import (
    CONTENT_TYPES,
    EEA,
    EU,
    KEYWORDS,
    LANGUAGES,
    MAX_EXPLANATION,
    MAX_SHORT,
)

DEFAULT = Path(__file__).with_name("platform.yaml")

Short = Annotated[str, StringConstraints(min_length=1, max_length=MAX_SHORT)]
Long = Annotated[str, StringConstraints(min_length=1, max_length=MAX_EXPLANATION)]


def _country(code: str) -> str:
    if code not in (*EEA, "EU", "EEA"):
        raise ValueError("a two-letter code of an EU or EEA country, or EU, or EEA")
    return code


def _content_type(name: str) -> str:
    if name not in CONTENT_TYPES or name == "CONTENT_TYPE_OTHER":
        raise ValueError(f"one of {', '.join(CONTENT_TYPES[:-1])}")
    return name


def _language(code: str) -> str:
    if code not in LANGUAGES:
        raise ValueError("a two-letter code of ISO 639-1 in capitals, such as EN")
    return code


class PlatformError(ValueError):
    """The file cannot be used; the message says what is wrong and where."""


class CategoryTerms(Value):
    """What one of Weir's categories is on this platform; what is absent stays as Weir maps it.

    Attributes:
        legal_ground: the law that such content breaks; it is then reported as illegal content.
        contractual_ground: the part of the terms.
        explanation: why content of this kind breaks them.
        category: of the database.
        keywords: of that category.

    """

    legal_ground: Short | None = None
    contractual_ground: Short | None = None
    explanation: Long | None = None
    category: str | None = None
    keywords: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.category is not None and self.category not in KEYWORDS:
            raise ValueError(f"category is one of {', '.join(KEYWORDS)}")
        if self.keywords and self.category is None:
            raise ValueError("keywords need the category that they belong to")
        if self.category is not None and set(self.keywords) - set(KEYWORDS[self.category]):
            raise ValueError(f"keywords of {self.category} are {', '.join(KEYWORDS[self.category])}")
        return self


class Platform(Value):
    """The whole file; `platform.yaml` beside this module explains every field."""

    territorial_scope: Annotated[tuple[Annotated[str, AfterValidator(_country)], ...], Field(min_length=1)] = ("EU",)
    contractual_ground: Short
    reference_url: Annotated[str, StringConstraints(pattern=r"^https?://\S+$", max_length=MAX_SHORT)] | None = None
    report_labels: bool = False
    source_when_reported: Literal["SOURCE_TYPE_OTHER_NOTIFICATION", "SOURCE_ARTICLE_16", "SOURCE_TRUSTED_FLAGGER"] = (
        "SOURCE_TYPE_OTHER_NOTIFICATION"
    )
    default_language: Annotated[str, AfterValidator(_language)] | None = None
    content_types: dict[str, tuple[Annotated[str, AfterValidator(_content_type)], ...]] = Field(default_factory=dict)
    categories: dict[Category, CategoryTerms] = Field(default_factory=dict)

    @property
    def countries(self) -> list[str]:
        """All countries of the scope."""
        groups = {"EU": EU, "EEA": EEA}
        return sorted({country for code in self.territorial_scope for country in groups.get(code, (code,))})


def load_platform(path: Path) -> Platform:
    """Read and check the file.

    Raises:
        PlatformError: It is not there, not YAML, or says something that is not legal.

    """
    try:
        return Platform.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise PlatformError(f"{path}: {error.strerror}") from None
    except (yaml.YAMLError, UnicodeDecodeError):
        raise PlatformError(f"{path}: not YAML") from None
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise PlatformError(f"{path}: {place or 'the file'}: {first['msg'].removeprefix('Value error, ')}") from None
