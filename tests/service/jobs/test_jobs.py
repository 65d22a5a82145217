"""Jobs from the request to the results: every line has its outcome, exactly one, in order."""

import json
import uuid
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from service.engine import Engine
from service.jobs.tables import job_results
from service.jobs.values import DecidedResult, FailedResult, Job
from service.records.tables import decisions, events
from tests.service.conftest import Ask
from tests.service.jobs.conftest import JOBS, jsonl, make, results, run
from tests.service.test_metrics import samples


def n_decisions(engine: Engine) -> int:
    with engine.database.connect() as connection:
        return connection.execute(select(func.count()).select_from(decisions)).scalar_one()


def test_every_line_gets_its_decision_in_order(tell: Ask, job_engine: Engine) -> None:
    before = n_decisions(job_engine)
    job_id = make(tell, jsonl([{"id": f"{n}", "text": f"you people {n}"} for n in range(100)]), name="a hundred")
    ended = run(job_engine, tell, job_id)
    lines = results(tell, job_id)
    assert (ended["state"], ended["n_items"], ended["n_decided"], ended["n_failed"]) == ("finished", 100, 100, 0)
    assert [(line["index"], line["content_id"]) for line in lines] == [(n, f"{n}") for n in range(100)]
    assert n_decisions(job_engine) - before == len({line["decision_id"] for line in lines}) == 100
    Job.model_validate_json(json.dumps(ended))
    for line in lines:
        DecidedResult.model_validate_json(json.dumps(line))


def test_items_of_jobs_are_counted(tell: Ask, job_engine: Engine) -> None:
    names = [("weir_job_items_total", "decided"), ("weir_job_items_total", "failed"), ("weir_jobs_total", "finished")]
    before = samples(job_engine.recorder.directory)
    run(job_engine, tell, make(tell, jsonl([{"text": "you"}, {"text": "people"}, {"text": " "}])))
    after = samples(job_engine.recorder.directory)
    assert [after[name] - before[name] for name in names] == [2, 1, 1]


def test_a_decision_of_a_job_is_that_of_a_request(tell: Ask, job_engine: Engine) -> None:
    items = [{"text": "you idiot"}, {"text": "lovely people"}]
    asked = tell("POST", "/v1/decisions", json={"items": items}).json()["results"]
    job_id = make(tell, jsonl(items))
    run(job_engine, tell, job_id)
    for line, result in zip(results(tell, job_id), asked, strict=True):
        assert (line["action"], line["flagged"]) == (result["action"], result["flagged"])
        scored = {score["category"]: score["prob"] for score in result["scores"] if score["status"] == "scored"}
        assert line["scores"] == scored


BAD: dict[str, tuple[bytes, str]] = {
    "not JSON": (b"{nonsense", "invalid_json"),
    "not an object": (b"[1]", "invalid_type"),
    "two objects": (b'{"text": "a"}, {"text": "b"}', "invalid_json"),
    "an unknown field": (b'{"text": "a", "zanzibarmarker": 1}', "unknown_field"),
    "a wrong type": (b'{"text": 3}', "invalid_type"),
    "a wrong context": (b'{"text": "a", "context": {"kind": 3}}', "invalid_value"),
    "an empty text": (b'{"id": "e", "text": " "}', "empty_content"),
    "no text": (b"{}", "empty_content"),
    "a long text": (json.dumps({"text": "a" * 2_001}).encode(), "text_too_long"),
    "a line beyond the limit": (b'{"text": "' + b"a" * 30_000 + b'"}', "line_too_long"),
    "broken UTF-8": (b'{"text": "\xff"}', "invalid_utf8"),
    "a lone surrogate": (b'{"text": "\\ud800"}', "invalid_text"),
    "a broken model": (b'{"text": "brokenmodel"}', "internal"),
    "an image": (b'{"images": [{"url": "data:image/png;base64,eA=="}]}', "unsupported_modality"),
}


def test_a_bad_line_is_its_own_failure_and_its_neighbours_are_decided(tell: Ask, job_engine: Engine) -> None:
    fine = b'{"text": "fine"}'
    job_id = make(tell, jsonl([fine, *(line for line, _ in BAD.values()), fine]))
    ended = run(job_engine, tell, job_id)
    lines = results(tell, job_id)
    assert (ended["state"], ended["n_decided"], ended["n_failed"]) == ("finished", 2, len(BAD))
    assert dict(zip(BAD, (line.get("code") for line in lines[1:-1]), strict=True)) == {
        name: code for name, (_, code) in BAD.items()
    }
    assert [lines[0]["outcome"], lines[-1]["outcome"]] == ["decided", "decided"]
    for line in lines[1:-1]:
        FailedResult.model_validate_json(json.dumps(line))
    assert "zanzibarmarker" not in json.dumps(lines)


def test_blank_lines_are_no_items_and_the_last_line_needs_no_end(tell: Ask, job_engine: Engine) -> None:
    job_id = make(tell, b'\n  \n{"text": "one"}\r\n\n{"text": "two"}')
    assert run(job_engine, tell, job_id)["n_items"] == 2
    assert [line["index"] for line in results(tell, job_id)] == [0, 1]


def test_results_are_read_from_an_index_on(tell: Ask, job_engine: Engine) -> None:
    job_id = make(tell, jsonl([{"text": f"people {n}"} for n in range(10)]))
    run(job_engine, tell, job_id)
    assert [line["index"] for line in results(tell, job_id, start=4, limit=3)] == [4, 5, 6]
    assert results(tell, job_id, start=10) == []


def test_the_context_of_a_job_is_that_of_items_which_say_nothing(tell: Ask, job_engine: Engine) -> None:
    context = {"surface": "archive", "kind": "comment"}
    items = [{"id": "silent", "text": "a"}, {"id": "says", "text": "b", "context": {"surface": "feed"}}]
    job_id = make(tell, jsonl(items), context=context)
    run(job_engine, tell, job_id)
    ids = [line["decision_id"] for line in results(tell, job_id)]
    with job_engine.database.connect() as connection:
        chosen = select(decisions.c.content_id, decisions.c.surface, decisions.c.context)
        found = connection.execute(chosen.where(decisions.c.decision_id.in_(ids))).all()
    said = {name: (surface, json.loads(context)["kind"]) for name, surface, context in found}
    assert said == {"silent": ("archive", "comment"), "says": ("feed", "comment")}


def test_parquet_is_read_like_lines(tell: Ask, job_engine: Engine) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    table = pyarrow.table(
        {"id": [1, 2, 3], "text": ["you", None, "people"], "context": ['{"surface": "feed"}', None, "[]"]}
    )
    file = BytesIO()
    parquet.write_table(table, file)
    job_id = make(tell, file.getvalue(), format="parquet")
    ended = run(job_engine, tell, job_id)
    lines = results(tell, job_id)
    assert (ended["n_items"], [line["outcome"] for line in lines]) == (3, ["decided", "failed", "failed"])
    assert (lines[0]["content_id"], lines[1]["code"], lines[2]["code"]) == ("1", "empty_content", "invalid_type")


def test_the_turns_before_are_read_in_lines_and_in_parquet(tell: Ask, job_engine: Engine) -> None:
    lines = jsonl([{"text": "so be it"}, {"text": "so be it", "previous": "you idiot"}])
    columns = parquet_of({"text": ["so be it", "so be it"], "previous": [None, "you idiot"]})
    found = []
    for content, options in ((lines, {}), (columns, {"format": "parquet"})):
        job_id = make(tell, content, **options)
        run(job_engine, tell, job_id)
        found.append([line["scores"] for line in results(tell, job_id)])
    assert found[0] == found[1]
    assert found[0][0] != found[0][1]


def parquet_of(columns: dict[str, Any]) -> bytes:
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    file = BytesIO()
    parquet.write_table(pyarrow.table(columns), file)
    return file.getvalue()


@pytest.mark.parametrize(
    "columns", [{"text": ["a"], "more": ["b"]}, {"id": ["a"]}, {"text": [1]}, {"text": ["a"], "id": [1.5]}, None]
)
def test_a_file_that_is_not_such_a_parquet_is_refused_at_the_start(tell: Ask, columns: dict[str, Any] | None) -> None:
    job_id = tell("POST", JOBS, json={"format": "parquet"}).json()["job_id"]
    tell("PUT", f"{JOBS}/{job_id}/input", content=parquet_of(columns) if columns else b"PAR1 nothing")
    refused = tell("POST", f"{JOBS}/{job_id}/start")
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "invalid_parquet")


def test_a_job_waits_for_its_input_and_takes_the_last_one(tell: Ask, job_engine: Engine, input_folder: Path) -> None:
    job_id = tell("POST", JOBS, json={}).json()["job_id"]
    early = tell("POST", f"{JOBS}/{job_id}/start")
    assert (early.status_code, early.json()["error"]["code"]) == (409, "no_input")
    for text in ("one", "two\n"):
        tell("PUT", f"{JOBS}/{job_id}/input", content=jsonl([{"id": text, "text": text}]))
    tell("POST", f"{JOBS}/{job_id}/start")
    run(job_engine, tell, job_id)
    assert [line["content_id"] for line in results(tell, job_id)] == ["two\n"]
    assert len(list(input_folder.glob(f"{job_id}*"))) == 1


def test_an_input_beyond_the_limit_is_refused_and_not_kept(tell: Ask, input_folder: Path) -> None:
    job_id = tell("POST", JOBS, json={}).json()["job_id"]

    async def pieces() -> Any:
        for _ in range(11):
            yield b"a" * 100_000

    refused = tell("PUT", f"{JOBS}/{job_id}/input", content=pieces())
    assert (refused.status_code, refused.json()["error"]["code"]) == (413, "body_too_large")
    assert list(input_folder.glob(f"{job_id}*")) == []


def test_after_the_start_a_job_takes_no_input(tell: Ask) -> None:
    job_id = make(tell, jsonl([{"text": "a"}]))
    late = tell("PUT", f"{JOBS}/{job_id}/input", content=b"{}")
    assert (late.status_code, late.json()["error"]["code"]) == (409, "wrong_state")
    assert tell("POST", f"{JOBS}/{job_id}/cancel").json()["state"] == "cancelled"


def test_a_cancelled_job_is_never_run(tell: Ask, job_engine: Engine) -> None:
    first, second = (make(tell, jsonl([{"text": "a"}])) for _ in range(2))
    tell("POST", f"{JOBS}/{first}/cancel")
    run(job_engine, tell, second)
    assert (tell("GET", f"{JOBS}/{first}").json()["state"], results(tell, first)) == ("cancelled", [])


def test_deleting_a_job_deletes_its_file_and_keeps_the_decisions(
    tell: Ask, job_engine: Engine, input_folder: Path
) -> None:
    job_id = make(tell, jsonl([{"text": "a"}]))
    run(job_engine, tell, job_id)
    (line,) = results(tell, job_id)
    assert tell("DELETE", f"{JOBS}/{job_id}").status_code == 204
    assert tell("GET", f"{JOBS}/{job_id}").status_code == 404
    assert list(input_folder.glob(f"{job_id}*")) == []
    with job_engine.database.connect() as connection:
        kept = select(func.count()).select_from(decisions).where(decisions.c.decision_id == line["decision_id"])
        left = select(func.count()).select_from(job_results).where(job_results.c.job_id == job_id)
        assert (connection.execute(kept).scalar_one(), connection.execute(left).scalar_one()) == (1, 0)


def test_a_job_whose_file_has_gone_fails_and_says_so(tell: Ask, job_engine: Engine, input_folder: Path) -> None:
    job_id = make(tell, jsonl([{"text": "a"}]))
    for file in input_folder.glob(f"{job_id}*"):
        file.unlink()
    ended = run(job_engine, tell, job_id)
    assert (ended["state"], ended["error"]) == ("failed", "the input file cannot be read any more")


def test_the_end_of_a_job_is_an_audited_event(tell: Ask, job_engine: Engine) -> None:
    job_id = make(tell, jsonl([{"text": "a"}, {"text": " "}]))
    run(job_engine, tell, job_id)
    with job_engine.database.connect() as connection:
        found = connection.execute(select(events.c.payload).where(events.c.kind == "job.finished")).scalars().all()
    payload = next(said for said in map(json.loads, found) if said["job_id"] == job_id)
    assert (payload["n_items"], payload["n_decided"], payload["n_failed"]) == (2, 1, 1)


def test_jobs_are_listed_the_newest_first_in_pages(tell: Ask) -> None:
    made = [tell("POST", JOBS, json={"name": f"{n}"}).json()["job_id"] for n in range(3)]
    first = tell("GET", JOBS, params={"limit": 2}).json()
    second = tell("GET", JOBS, params={"limit": 1, "before": first["next"]}).json()
    assert [job["job_id"] for job in (*first["jobs"], *second["jobs"])] == made[::-1]


def test_a_key_makes_one_job(tell: Ask) -> None:
    headers = {"idempotency-key": str(uuid.uuid4())}
    first, again = (tell("POST", JOBS, json={"name": "once"}, headers=headers) for _ in range(2))
    assert (first.status_code, again.status_code, again.json()) == (201, 201, first.json())
    assert again.headers["idempotent-replayed"] == "true"
    other = tell("POST", JOBS, json={"name": "else"}, headers=headers)
    assert (other.status_code, other.json()["error"]["code"]) == (422, "idempotency_key_reused")


def test_a_job_that_is_not_there_is_404(tell: Ask) -> None:
    path = f"{JOBS}/{uuid.uuid4()}"
    asked = [
        ("GET", ""),
        ("POST", "/start"),
        ("POST", "/cancel"),
        ("DELETE", ""),
        ("GET", "/results"),
        ("PUT", "/input"),
    ]
    assert {tell(method, path + end).status_code for method, end in asked} == {404}
