"""`GET /v1/models` and `/v1/models/{model}`: the names that `/v1/moderations` takes, as the OpenAI API lists them."""

from typing import Final

import orjson

from service.engine import Engine
from service.http.messages import Request, Respond, Response
from service.http.terms import JSON_HEADERS
from service.naming import ModelName, ModelNames, loaded_bundles, model_not_found, name_models

MODELS: Final = "/v1/models"
ONE_MODEL: Final = f"{MODELS}/{{model}}"
OWNER: Final = "weir"


def is_model_path(path: str) -> bool:
    """Whether a path names one model."""
    return path.startswith(f"{MODELS}/")


def route(path: str) -> str:
    """The route that a path belongs to: itself, or that of every model."""
    return ONE_MODEL if is_model_path(path) else path


def open_names(engine: Engine) -> ModelNames:
    """The names of what an engine has loaded.

    Raises:
        BundlesError: An alias is pinned to what is not loaded.

    """
    return name_models(loaded_bundles(engine.models), engine.settings.model_aliases)


class ModelList:
    """All names."""

    def __init__(self, names: ModelNames) -> None:
        entries = [_written(name) for name in names.listed.values()]
        self._body = orjson.dumps({"object": "list", "data": entries})

    def __call__(self, _: Request, respond: Respond) -> None:
        """Answer with the list."""
        respond(Response(200, [*JSON_HEADERS], self._body))


class OneModel:
    """One name."""

    def __init__(self, names: ModelNames) -> None:
        self._names = names

    def __call__(self, request: Request, respond: Respond) -> None:
        """Answer with the model of the path.

        Raises:
            RequestError: There is none of this name (404).

        """
        asked = request.path.removeprefix(f"{MODELS}/")
        name = self._names.find(asked)
        if name is None:
            raise model_not_found(asked)
        respond(Response(200, [*JSON_HEADERS], orjson.dumps(_written(name))))


def _written(name: ModelName) -> dict[str, object]:
    return {
        "id": name.name,
        "object": "model",
        "created": name.made_at,
        "owned_by": OWNER,
        "bundles": name.bundles,
    }
