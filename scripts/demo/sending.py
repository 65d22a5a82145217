"""Sending: traffic through a running server, with a log of what became of each post."""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx

from scripts.demo.traffic import Item

GROUP: Final = 32
"""Posts of one request."""
_TIMEOUT_S: Final = 120.0
_TOO_MANY: Final = 429
_NO_ROOM: Final = 503
_NONE_DECIDED: Final = 422
_TRIES: Final = 8


class SendingError(Exception):
    """The server does not take the traffic; the message says what to do."""


@dataclass(frozen=True)
class Server:
    """Where to post.

    Attributes:
        later_url: where to post once a shift has begun, such as a server with a damaged bundle.

    """

    url: str
    later_url: str | None = None
    key: str | None = None


def send(
    items: Sequence[Item], server: Server, log: Path, rate: float, report: Callable[[int], None]
) -> dict[str, int]:
    """Post the items in order, and write a line for each: its simulated hour, and its decision or failure.

    The log holds no content. With it, `weir demo history` gives every decision its simulated time.

    Args:
        items: in the order of time.
        server: where to.
        log: file of JSON lines, replaced.
        rate: posts a second at most; 0 for as many as the server answers.
        report: told how many more were sent.

    Returns:
        Decisions by action, and failures by code.

    Raises:
        SendingError: the server does not answer, or refuses.

    """
    outcomes: Counter[str] = Counter()
    log.parent.mkdir(parents=True, exist_ok=True)
    headers = {"authorization": f"Bearer {server.key}"} if server.key else {}
    with log.open("w", encoding="utf-8") as file, httpx.Client(timeout=_TIMEOUT_S, headers=headers) as client:
        began, n_sent = time.monotonic(), 0
        for group in _groups(items):
            url = server.later_url if group[0].is_late and server.later_url else server.url
            for item, result in zip(group, _ask(client, url, group), strict=True):
                outcomes[str(result.get("action") or result.get("code"))] += 1
                file.write(json.dumps(_line(item, result)) + "\n")
            n_sent += len(group)
            report(len(group))
            if rate:
                time.sleep(max(0.0, began + n_sent / rate - time.monotonic()))
    return dict(outcomes)


def _groups(items: Sequence[Item]) -> Iterator[list[Item]]:
    """Up to `GROUP` items, all before the shift or all after it began."""
    group: list[Item] = []
    for item in items:
        if group and (len(group) == GROUP or group[0].is_late != item.is_late):
            yield group
            group = []
        group.append(item)
    if group:
        yield group


def _ask(client: httpx.Client, url: str, group: Sequence[Item]) -> list[dict[str, Any]]:
    for tried in range(_TRIES):
        try:
            answer = client.post(f"{url.rstrip('/')}/v1/decisions", json={"items": [item.body for item in group]})
        except httpx.HTTPError as error:
            raise SendingError(f"{url} does not answer ({type(error).__name__}); start it with: make serve") from error
        if answer.status_code in (_TOO_MANY, _NO_ROOM):
            time.sleep(0.25 * 2**tried)
            continue
        if answer.is_success or answer.status_code == _NONE_DECIDED:
            return list(answer.json()["results"])
        raise SendingError(f"{url} answered {answer.status_code}: {answer.text[:300]}")
    raise SendingError(f"{url} has no room for {len(group)} posts at a time; try a lower --rate")


def _line(item: Item, result: dict[str, Any]) -> dict[str, Any]:
    if "decision_id" in result:
        return {"hour": round(item.hour, 6), "decision_id": result["decision_id"]}
    return {"hour": round(item.hour, 6), "code": result["code"], "surface": item.post.surface}
