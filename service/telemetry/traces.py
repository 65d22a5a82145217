"""Traces: the stages of a request as spans of OpenTelemetry.

A stage becomes a span when it is over, from two readings of the clock, so that nothing is opened on the way and an
untraced request pays for a comparison. Attributes are counts, names of routes and the request's id: no content.

Source: W3C Trace Context (the header `traceparent`) and OpenTelemetry's semantic conventions for HTTP servers.
"""

import time
from typing import TYPE_CHECKING, Any, Final, Protocol

from service.extras import how_to_install
from service.http.messages import Header, header
from service.settings import Settings
from service.telemetry.passage import Stage

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.export import SpanExporter

_SERVER_ERROR: Final = 500


class TracesUnavailableError(Exception):
    """Traces are asked for and cannot be exported; the message says what is missing."""


class Tracing(Protocol):
    """Begins traces: `OpenTelemetryTracing`."""

    def begin(self, request_id: str, method: str, route: str, headers: list[Header]) -> "RequestTrace | None":
        """The trace of a request; None when it is not sampled."""
        ...

    def close(self) -> None:
        """Export what waits."""
        ...


class RequestTrace:
    """One request's spans. Used from one event loop."""

    __slots__ = ("_context", "_is_parsed", "_offset_ns", "_span", "_tracer")

    def __init__(self, tracer: Any, span: Any, context: Any) -> None:  # noqa: ANN401 - the library is optional
        self._tracer = tracer
        self._span = span
        self._context = context
        self._offset_ns = time.time_ns() - time.perf_counter_ns()
        self._is_parsed = False

    def stage(self, name: Stage, began: float, ended: float, **attributes: int) -> None:
        """A stage that is over; both times on the clock of `time.perf_counter`."""
        span = self._tracer.start_span(
            f"weir.{name}",
            self._context,
            attributes={f"weir.{key}": value for key, value in attributes.items()},
            start_time=self._at(began),
        )
        span.end(self._at(ended))

    def parsed(self, began: float, ended: float) -> None:
        """The request was read."""
        if not self._is_parsed:
            self._is_parsed = True
            self.stage(Stage.PARSE, began, ended)

    def end(self, status: int) -> None:
        """The request has its answer."""
        from opentelemetry.trace import StatusCode

        self._span.set_attribute("http.response.status_code", status)
        if status >= _SERVER_ERROR:
            self._span.set_status(StatusCode.ERROR)
        self._span.end()

    def _at(self, seconds: float) -> int:
        """Nanoseconds since 1970."""
        return self._offset_ns + int(seconds * 1e9)


class OpenTelemetryTracing:
    """Begins traces and exports them in the background."""

    def __init__(self, provider: Any, tracer: Any, propagator: Any) -> None:  # noqa: ANN401
        self._provider = provider
        self._tracer = tracer
        self._propagator = propagator

    def begin(self, request_id: str, method: str, route: str, headers: list[Header]) -> RequestTrace | None:
        """The trace of a request, which goes on that of its caller; None when it is not sampled."""
        from opentelemetry.trace import SpanKind, set_span_in_context

        carrier = {
            name: value.decode("latin-1")
            for name in ("traceparent", "tracestate")
            if (value := header(headers, name.encode())) is not None
        }
        parent = self._propagator.extract(carrier) if carrier else None
        span = self._tracer.start_span(f"{method} {route}", parent, SpanKind.SERVER)
        if not span.is_recording():
            return None
        span.set_attributes(
            {"http.request.method": method, "http.route": route, "http.request.header.x-request-id": [request_id]}
        )
        return RequestTrace(self._tracer, span, set_span_in_context(span))

    def close(self) -> None:
        """Export what waits, and stop."""
        self._provider.shutdown()


def open_tracing(settings: Settings) -> Tracing | None:
    """Traces as the settings have them: None when they are off.

    Raises:
        TracesUnavailableError: `WEIR_TRACES` is true and the exporter is not installed.

    """
    if settings.traces is False or (settings.traces is None and settings.otlp_endpoint is None):
        return None
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    except ImportError:
        raise TracesUnavailableError(f"traces need {how_to_install('otel')}, or set WEIR_TRACES=false") from None
    return build_tracing(OTLPSpanExporter(), settings.traces_ratio)


def build_tracing(exporter: "SpanExporter", ratio: float, *, in_background: bool = True) -> OpenTelemetryTracing:
    """Traces that go to an exporter.

    Args:
        exporter: takes finished spans.
        ratio: share of the requests without a `traceparent` that is traced; with one, the caller has decided.
        in_background: collect spans and export them from a thread.

    """
    from opentelemetry.sdk.resources import SERVICE_NAME, OTELResourceDetector, Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor
    from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    resource = Resource({SERVICE_NAME: "weir"}).merge(OTELResourceDetector().detect())
    provider = TracerProvider(ParentBased(TraceIdRatioBased(ratio)), resource, shutdown_on_exit=False)
    processor = BatchSpanProcessor(exporter) if in_background else SimpleSpanProcessor(exporter)
    provider.add_span_processor(processor)
    return OpenTelemetryTracing(provider, provider.get_tracer("weir"), TraceContextTextMapPropagator())
