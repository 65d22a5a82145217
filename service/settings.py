"""Settings: everything a deployment can choose, read from the environment in one place and passed down."""

from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from service.aliases import Aliases

ROOT = Path(__file__).resolve().parent.parent
"""The checkout, or the source folder of the bento: where `models/` and `service/` lie side by side."""

Count = Annotated[int, Field(gt=0)]
RateText = Annotated[str, Field(pattern=r"^[1-9][0-9]{0,8}/[smh]$")]
Days = Annotated[int, Field(ge=0, le=36_500)]


class Settings(BaseSettings):
    """One deployment's choices; every field is an environment variable with the prefix `WEIR_`.

    Attributes:
        bundles: folder with one bundle a subfolder.
        policy: the policy file.
        database_url: where decisions are recorded: SQLite or Postgres, as SQLAlchemy writes it.
        digest_key: key of the content digests; without one, a random key is made once and kept in the database.
        tenant: written into every record.
        max_body_bytes: a larger request body is refused before it is read to its end.
        max_text_chars: a longer text gets the failure `text_too_long`.
        max_items: items (or strings) in one request.
        max_images: images of one item; more get the failure `too_many_images`.
        max_image_bytes: bytes of one image file; more get the failure `image_too_large`.
        max_image_pixels: pixels of one image, width times height; more get the failure `image_too_large`.
        max_image_bytes_in_flight: bytes of images, and of long bodies, that one worker holds at a time; beyond it,
            `overloaded`.
        max_queue_images: images that wait or are looked at in one worker; beyond it, `overloaded`.
        reading_timeout_ms: how long the words in an item's pictures may take; an item whose words were not read in
            time is decided without them and asks for a review.
        max_queue_items: items that wait or are being scored in one worker; beyond it, `overloaded`.
        max_batch_tokens: padded tokens in one model call: bounds how long the model cannot be interrupted.
        deadline_ms: how long an item may wait for its scores.
        cache_entries: texts whose scores each worker holds, and images; 0 turns the cache off, Redis included.
        cache_bytes: memory that texts may take in each worker.
        cache_image_bytes: memory that images may take in each worker: what the models say of them, no pixels.
        cache_url: a Redis that all workers and servers share behind their own memory, such as `redis://host:6379/0`.
        cache_ttl_s: how long Redis holds an entry, in seconds.
        cache_timeout_ms: how long Redis may take; beyond it the text is scored.
        max_pending_records: records waiting for the database in one worker; beyond it requests are refused (503).
        record_interval_ms: how long a commit waits for more decisions to share it, and their answers with it; at 0
            a commit takes what gathered during the one before.
        record_timeout_ms: an answer whose decisions are not on disk after this gets 503; they may be written later.
        retain_decisions_days: decisions older than this are purged; 0 keeps them for ever.
        retain_reviews_days: closed reviews, their verdicts and appeals likewise.
        retain_shadow_decisions_days: what shadows would have done likewise.
        dsa_platform: what the platform adds to statements of reasons.
        shadow_bundle: folder of a text bundle that runs beside the one that serves and decides nothing, unless another
            was set by `weir policy shadow set --bundle`.
        shadow_share: of plain texts that it scores, above 0 and up to 1.
        purge_interval_s: time between two purges in the background.
        drain_delay_ms: time between SIGTERM (readiness turns false) and closing the listening socket.
        drain_timeout_ms: longest time that the last records may take to reach the database at shutdown.
        admin_token: a key for everything, `/v1/banks` included, which are closed without it or a key with the scope
            admin. While there are no other keys it closes administration alone.
        model_aliases: names of models for `/v1/moderations`, pinned to loaded bundles: a JSON object, or the path of a
            YAML file: `{"omni-moderation-latest": "text-minilm-0.6.0"}`.
        log_format: `json` or `text`; `auto` is text on a terminal and JSON anywhere else.
        log_level: of Weir, BentoML and uvicorn; other libraries are heard from `warning` on.
        access_log: a line for every request, which costs some tens of microseconds each.
        traces: export traces by OTLP over HTTP; when unset, where `OTEL_EXPORTER_OTLP_ENDPOINT` is set.
        traces_ratio: share of the requests that is traced where the caller has not decided by `traceparent`.
        otlp_endpoint: only asked whether it is set; the exporter reads it, and all its kin, itself.
        metrics_dir: folder for the counters that workers share; a temporary one when unset.
        require_keys: ask for keys even while there are none; without it the first key closes the door.
        open_to_network: without keys, answer other machines too: for a gateway in front that asks for keys itself.
        key_rate: requests that a key may make in a time, such as `100/s`, where it has no limit of its own.
        key_item_rate: items likewise, as a batch is one request.
        tenant_rate: requests of all keys of one tenant together.
        max_concurrent_requests: that one worker has in hand; beyond it, 503.
        max_concurrent_requests_per_key: likewise, of one key in one worker; beyond it, 429.
        max_connections: that one worker holds open, idle ones included; beyond it they are closed.
        request_timeout_ms: in which a request has to arrive whole; for the input files of jobs, the longest pause.
        fetch_images: fetch images whose address is on the network; off, they get the failure `remote_images_off`.
        fetch_schemes: of `https` and `http`, with commas between, as all lists here.
        fetch_ports: that may be asked.
        fetch_hosts: the only hosts that are asked: `cdn.example.org`, or `.example.org` for all below; empty for any.
        fetch_denied_hosts: hosts that are never asked.
        fetch_networks: networks such as `10.1.0.0/16` that may be asked although they are not public.
        fetch_timeout_ms: for one image, redirects included.
        fetch_connections: that one worker has open at a time.
        review_content: what reviewers are shown, kept for the queue and for appeals: `none`, `text` or `all`, which is
            text and images.
        review_content_days: after which it is deleted; 0 keeps it.
        review_expiry_days: after which an item that nobody reviewed leaves the queue, and the decision stands; 0 never.
        review_sample_share: share of all decisions that reviewers get as well, drawn at random whatever became of them;
            from their verdicts prevalence is estimated.
        golden_share: share of claimed items with known answers, mixed in unseen to measure reviewers.
        double_review_share: share of reviewed items that a second person judges as well.
        idempotency_hours: how long a request may be repeated under its key and get the first answer.
        jobs_dir: folder for the input files of jobs, which all workers share; by default `jobs` beside an SQLite
            database, and in the current folder with any other.
        max_job_bytes: of one input file.
        job_input_days: an input file is deleted so many days after its job has ended or, unstarted, was made.
        job_result_days: a job and its list of results are deleted so many days after its end; 0 keeps them. The
            decisions have their own time.
        webhook_allow_private: webhooks may go to http addresses, any port, and hosts inside the own network.
        webhook_delivery_days: a settled delivery is deleted after so many days.
        monitor_url: address of the monitoring dashboard, as a browser reaches it; the page at `/` links to it.

    """

    model_config = SettingsConfigDict(
        env_prefix="WEIR_", env_ignore_empty=True, frozen=True, extra="forbid", hide_input_in_errors=True
    )

    bundles: Path = ROOT / "models" / "bundles"
    policy: Path = ROOT / "service" / "policies" / "default.yaml"
    database_url: str = "sqlite:///weir.db"
    digest_key: SecretStr | None = None
    tenant: Annotated[str, Field(min_length=1, max_length=64)] = "default"
    max_body_bytes: Count = 2 * 1024 * 1024
    max_text_chars: Count = 100_000
    max_items: Count = 1_000
    max_images: Count = 8
    max_image_bytes: Count = 8 * 1024 * 1024
    max_image_pixels: Count = 25_000_000
    max_image_bytes_in_flight: Count = 192 * 1024 * 1024
    max_queue_images: Count = 256
    reading_timeout_ms: Count = 5_000
    max_queue_items: Count = 2_000
    max_batch_tokens: Count = 2_048
    deadline_ms: Count = 10_000
    cache_entries: Annotated[int, Field(ge=0)] = 20_000
    cache_bytes: Count = 64 * 1024 * 1024
    cache_image_bytes: Count = 32 * 1024 * 1024
    cache_url: SecretStr | None = None
    cache_ttl_s: Count = 86_400
    cache_timeout_ms: Count = 50
    max_pending_records: Count = 20_000
    record_interval_ms: Annotated[int, Field(ge=0, le=1_000)] = 0
    record_timeout_ms: Count = 5_000
    retain_decisions_days: Days = 0
    retain_reviews_days: Days = 0
    retain_shadow_decisions_days: Days = 30
    dsa_platform: Path = ROOT / "service" / "accountability" / "dsa" / "platform.yaml"
    shadow_bundle: Path | None = None
    shadow_share: Annotated[float, Field(gt=0.0, le=1.0)] = 1.0
    purge_interval_s: Count = 3_600
    drain_delay_ms: Annotated[int, Field(ge=0)] = 0
    drain_timeout_ms: Count = 10_000
    admin_token: SecretStr | None = None
    model_aliases: Aliases = Field(default_factory=dict)
    log_format: Literal["auto", "json", "text"] = "auto"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    access_log: bool = False
    traces: bool | None = None
    traces_ratio: Annotated[float, Field(ge=0.0, le=1.0)] = 0.1
    otlp_endpoint: Annotated[str | None, Field(validation_alias="OTEL_EXPORTER_OTLP_ENDPOINT")] = None
    metrics_dir: Path | None = None
    require_keys: bool = False
    open_to_network: bool = False
    key_rate: RateText | None = None
    key_item_rate: RateText | None = None
    tenant_rate: RateText | None = None
    max_concurrent_requests: Count = 2_048
    max_concurrent_requests_per_key: Count | None = None
    max_connections: Count = 8_192
    request_timeout_ms: Count = 60_000
    fetch_images: bool = False
    fetch_schemes: Annotated[str, Field(pattern=r"^https?(,https?)?$")] = "https"
    fetch_ports: Annotated[str, Field(pattern=r"^\d{1,5}(,\d{1,5})*$")] = "443,80"
    fetch_hosts: str = ""
    fetch_denied_hosts: str = ""
    fetch_networks: str = ""
    fetch_timeout_ms: Count = 5_000
    fetch_connections: Count = 8
    review_content: Literal["none", "text", "all"] = "none"
    review_content_days: Days = 30
    review_expiry_days: Days = 90
    review_sample_share: Annotated[float, Field(ge=0.0, le=1.0)] = 0.0
    golden_share: Annotated[float, Field(ge=0.0, le=0.5)] = 0.05
    double_review_share: Annotated[float, Field(ge=0.0, le=1.0)] = 0.0
    idempotency_hours: Annotated[int, Field(gt=0, le=24 * 365)] = 24
    jobs_dir: Path | None = None
    max_job_bytes: Count = 4 * 1024 * 1024 * 1024
    job_input_days: Annotated[int, Field(ge=1, le=3_650)] = 7
    job_result_days: Annotated[int, Field(ge=0, le=3_650)] = 30
    webhook_allow_private: bool = False
    webhook_delivery_days: Annotated[int, Field(ge=1, le=3_650)] = 7
    monitor_url: Annotated[str, Field(pattern=r"^https?://[^\s\"'<>\\]+$", max_length=2_000)] | None = None

    @property
    def max_image_body_bytes(self) -> int:
        """Longest body of a request with images: one item with as many and as large images as may be, in base64."""
        return self.max_body_bytes + self.max_images * (self.max_image_bytes * 4 // 3 + 1024)


class SettingsError(ValueError):
    """A variable of the environment has an illegal value; the message names the variable and what is legal."""


@cache
def load_settings() -> Settings:
    """Read the environment, once a process.

    Raises:
        SettingsError: A variable has an illegal value.

    """
    try:
        return Settings()
    except ValidationError as error:
        problems = (
            f"WEIR_{str(entry['loc'][0]).upper()}: {entry['msg']}" for entry in error.errors(include_input=False)
        )
        raise SettingsError("; ".join(problems)) from None
