"""Items a second of a running server: one a request, in batches, under idempotency keys, and as a job.

    WEIR_DATABASE_URL=sqlite:///bulk.db make serve        # in another terminal
    python -m scripts.bench.bulk --url http://localhost:3000 --items 2000

Every text is different, so that no cache helps. The ways take turns, `--rounds` times; the table has each way's best
round, as whatever else runs on the machine only ever takes time away.
"""

import argparse
import asyncio
import json
import time
import uuid
from collections.abc import Awaitable, Callable, Sequence

import httpx

from scripts.bench.corpus import load_texts, stream
from scripts.bench.machine import describe_machine

CONNECTIONS = 32
BATCH = 100
Way = Callable[[httpx.AsyncClient, Sequence[str]], Awaitable[None]]


async def singly(client: httpx.AsyncClient, texts: Sequence[str], *, keyed: bool = False) -> None:
    """One item a request."""

    async def post(text: str) -> None:
        headers = {"idempotency-key": str(uuid.uuid4())} if keyed else {}
        answer = await client.post("/v1/decisions", json={"items": [{"text": text}]}, headers=headers)
        answer.raise_for_status()

    await asyncio.gather(*map(post, texts))


async def keyed(client: httpx.AsyncClient, texts: Sequence[str]) -> None:
    """One item a request, each with a key of its own."""
    await singly(client, texts, keyed=True)


async def batched(client: httpx.AsyncClient, texts: Sequence[str]) -> None:
    """A hundred items a request."""

    async def post(some: Sequence[str]) -> None:
        answer = await client.post("/v1/decisions", json={"items": [{"text": text} for text in some]})
        answer.raise_for_status()

    await asyncio.gather(*(post(texts[start : start + BATCH]) for start in range(0, len(texts), BATCH)))


async def job(client: httpx.AsyncClient, texts: Sequence[str]) -> None:
    """All of them as one job: sent, started, and asked for until it is finished."""
    job_id = (await client.post("/v1/jobs", json={"name": "benchmark"})).json()["job_id"]
    content = b"".join(json.dumps({"text": text}).encode() + b"\n" for text in texts)
    (await client.put(f"/v1/jobs/{job_id}/input", content=content)).raise_for_status()
    (await client.post(f"/v1/jobs/{job_id}/start")).raise_for_status()
    while (await client.get(f"/v1/jobs/{job_id}")).json()["state"] != "finished":
        await asyncio.sleep(0.1)


WAYS: dict[str, Way] = {
    "one item a request, 32 connections": singly,
    "the same, each with an idempotency key": keyed,
    f"{BATCH} items a request, 32 connections": batched,
    "one job": job,
}


async def measure(url: str, n_items: int, n_rounds: int) -> dict[str, float]:
    """Items a second of each way, in its best round."""
    best: dict[str, float] = {}
    limits = httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS)
    async with httpx.AsyncClient(base_url=url, limits=limits, timeout=300) as client:
        for number in range(n_rounds):
            for name, way in WAYS.items():
                texts = [f"{text} {uuid.uuid4().hex[:6]}" for text in stream(load_texts(), n_items, number)]
                started = time.perf_counter()
                await way(client, texts)
                best[name] = max(best.get(name, 0.0), n_items / (time.perf_counter() - started))
    return best


def main() -> None:
    """Measure and print a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", default="http://localhost:3000")
    parser.add_argument("--items", type=int, default=2_000)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    machine = describe_machine()
    found = asyncio.run(measure(given.url, given.items, given.rounds))
    print(f"{machine.date}, {machine.cpu}, {machine.n_cores} cores, busy before {machine.busy_before:.0%}\n")
    print("| way | items a second |\n| --- | --- |")
    for name, rate in found.items():
        print(f"| {name} | {rate:,.0f} |")


if __name__ == "__main__":
    main()
