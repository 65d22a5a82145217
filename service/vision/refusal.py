"""Refusals: why an item with images gets no decision."""

from collections.abc import Callable

from models.contracts import FailureCode
from service.errors import FAILURE_MESSAGE


class ItemRefusedError(Exception):
    """One item's failure; its neighbours go on. The message is for people and says nothing of the content.

    Attributes:
        image: which of the item's images it is about; None when it is about the whole item.

    """

    def __init__(self, code: FailureCode, image: int | None = None, detail: str | None = None) -> None:
        super().__init__(detail or FAILURE_MESSAGE[code])
        self.code = code
        self.image = image


class AbandonedError(Exception):
    """The client has gone: nobody is left to answer."""


def require_client(is_abandoned: Callable[[], bool] | None) -> None:
    """Stop before work that nobody waits for.

    Raises:
        AbandonedError: The client has gone.

    """
    if is_abandoned is not None and is_abandoned():
        raise AbandonedError
