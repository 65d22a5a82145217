"""The banner: what whoever starts the service should know of its door, before the first request."""

from collections.abc import Sequence
from typing import Final

from pydantic import SecretStr

from service.access.listening import Door

MIN_TOKEN_CHARS: Final = 16
_WORDS: Final[dict[Door, tuple[str, ...]]] = {
    Door.OPEN: (
        "This server is OPEN: it asks nobody for a key.",
        "Whoever reaches it may do everything: decide, review, administrate.",
        "To close it, make a key:  weir key create --name NAME",
    ),
    Door.OPEN_BUT_ADMIN: (
        "This server is OPEN but for administration: it asks nobody for a key.",
        "Whoever reaches it may decide and review;",
        "administration wants the token of WEIR_ADMIN_TOKEN.",
        "To close it, make a key:  weir key create --name NAME",
    ),
    Door.TOKEN_ALONE: (
        "Keys are required and there are none yet:",
        "WEIR_ADMIN_TOKEN alone opens this server.",
        "To let others in, make a key:  weir key create --name NAME",
    ),
    Door.SHUT: (
        "NOBODY CAN GET IN: keys are required (WEIR_REQUIRE_KEYS=true),",
        "and there is neither a key nor WEIR_ADMIN_TOKEN.",
        "Make a key, which the server knows within a second:",
        "    weir key create --name NAME",
    ),
    Door.KEYED: (),
}


def door_lines(door: Door) -> tuple[str, ...]:
    """What to say of the door; nothing where every caller has a key."""
    return _WORDS[door]


def token_warning(token: SecretStr | None) -> str | None:
    """What is wrong with an admin token; None where nothing is, or where there is none."""
    if token is None or not 0 < len(token.get_secret_value()) < MIN_TOKEN_CHARS:
        return None
    return (
        f"WEIR_ADMIN_TOKEN has fewer than {MIN_TOKEN_CHARS} characters and may be guessed, and it opens everything; "
        "a good one: openssl rand -hex 32"
    )


def framed(lines: Sequence[str]) -> str:
    """Lines in a box of their width."""
    width = max(map(len, lines))
    edge = f"  +{'-' * (width + 4)}+"
    return "\n".join(["", edge, *(f"  |  {line:<{width}}  |" for line in lines), edge, ""])
