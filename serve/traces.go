package serve

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/stafett/stafett/handover"
)

// traces tells of handovers to an OpenTelemetry collector. The trace of a form has
// its handover's key as id (the first half of it), and so have the spans of all
// processes that work on it, with nothing kept between them.
type traces struct {
	tracer trace.Tracer
	close  func(context.Context) error
}

// newTraces returns traces that go where the variables of OpenTelemetry say
// (OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT and those that
// go with them), or nowhere when neither is set. What goes wrong with them goes to
// the log; OpenTelemetry knows one place for that in a process.
func newTraces(ctx context.Context, version string, lookup func(string) string, log *slog.Logger) (*traces, error) {
	if lookup("OTEL_EXPORTER_OTLP_ENDPOINT") == "" && lookup("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") == "" {
		return untraced(), nil
	}
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) {
		log.Warn("traces cannot be sent", "reason", handover.Reason(err))
	}))
	exporter, err := otlptracehttp.New(ctx)
	if err != nil {
		return nil, fmt.Errorf("set up traces: %w", err)
	}
	return tracesTo(exporter, version), nil
}

func tracesTo(exporter sdktrace.SpanExporter, version string) *traces {
	provider := sdktrace.NewTracerProvider(
		sdktrace.WithBatcher(exporter),
		sdktrace.WithIDGenerator(idGenerator{}),
		sdktrace.WithSampler(sdktrace.AlwaysSample()),
		sdktrace.WithResource(resource.NewSchemaless(
			attribute.String("service.name", "stafett"), attribute.String("service.version", version))),
	)
	return &traces{tracer: provider.Tracer("github.com/stafett/stafett/serve"), close: provider.Shutdown}
}

func untraced() *traces {
	return &traces{tracer: noop.NewTracerProvider().Tracer(""), close: func(context.Context) error { return nil }}
}

// begun tells of a new handover: the span that the others are under.
func (t *traces) begun(ctx context.Context, r handover.Record) {
	ids, ok := idsOf(r.Key)
	if !ok {
		return
	}
	ctx = trace.ContextWithSpanContext(ctx, trace.SpanContext{}) // it begins a trace of its own
	_, span := t.tracer.Start(context.WithValue(ctx, rootKey{}, ids), "begin handover", trace.WithAttributes(attributesOf(r)...),
		trace.WithAttributes(attribute.String("stafett.trigger", string(r.Trigger))))
	span.End()
}

// step tells of an action.
func (t *traces) step(ctx context.Context, r handover.Record, step string) (context.Context, func(after handover.Record, outcome string, err error)) {
	if ids, ok := idsOf(r.Key); ok {
		ctx = trace.ContextWithRemoteSpanContext(ctx, trace.NewSpanContext(trace.SpanContextConfig{
			TraceID: ids.trace, SpanID: ids.span, TraceFlags: trace.FlagsSampled, Remote: true,
		}))
	}
	ctx, span := t.tracer.Start(ctx, step, trace.WithAttributes(attributesOf(r)...))
	return ctx, func(after handover.Record, outcome string, err error) {
		span.SetAttributes(attribute.String("stafett.outcome", outcome), attribute.String("stafett.state.after", string(after.State)),
			attribute.String("stafett.receiving", after.Receiving))
		if err != nil {
			span.SetStatus(codes.Error, handover.Reason(err))
		}
		span.End()
	}
}

// request tells of an outgoing request, if it belongs to a step. It ends when the
// answer begins.
func (t *traces) request(ctx context.Context, system, method string) (context.Context, func(*http.Response, error)) {
	if !trace.SpanContextFromContext(ctx).IsValid() {
		return ctx, func(*http.Response, error) {}
	}
	ctx, span := t.tracer.Start(ctx, method+" "+system, trace.WithSpanKind(trace.SpanKindClient),
		trace.WithAttributes(attribute.String("http.request.method", method), attribute.String("stafett.system", system)))
	return ctx, func(resp *http.Response, err error) {
		if err != nil {
			span.SetStatus(codes.Error, "no answer")
		} else {
			span.SetAttributes(attribute.Int("http.response.status_code", resp.StatusCode))
		}
		span.End()
	}
}

func attributesOf(r handover.Record) []attribute.KeyValue {
	return []attribute.KeyValue{
		attribute.String("stafett.key", r.Key), attribute.String("stafett.definition", r.DefinitionID),
		attribute.String("stafett.source", r.Source), attribute.String("stafett.state", string(r.State)),
		attribute.Int("stafett.attempts", r.Attempts), attribute.Int("stafett.delays", r.Delays),
	}
}

// ids are those of a handover's first span.
type ids struct {
	trace trace.TraceID
	span  trace.SpanID
}

// idsOf takes the ids out of a handover's key.
func idsOf(key string) (ids, bool) {
	var i ids
	raw, err := hex.DecodeString(key)
	if err != nil || len(raw) < len(i.trace)+len(i.span) {
		return ids{}, false
	}
	copy(i.trace[:], raw)
	copy(i.span[:], raw[len(i.trace):])
	return i, i.trace.IsValid() && i.span.IsValid()
}

// rootKey is where a context holds the ids of the span that is to be started.
type rootKey struct{}

// idGenerator gives a handover's first span the ids of its key, and random ones to
// all others.
type idGenerator struct{}

// NewIDs implements [sdktrace.IDGenerator].
func (g idGenerator) NewIDs(ctx context.Context) (trace.TraceID, trace.SpanID) {
	if i, ok := ctx.Value(rootKey{}).(ids); ok {
		return i.trace, i.span
	}
	var id trace.TraceID
	_, _ = rand.Read(id[:]) // never fails
	return id, g.NewSpanID(ctx, id)
}

// NewSpanID implements [sdktrace.IDGenerator].
func (idGenerator) NewSpanID(context.Context, trace.TraceID) trace.SpanID {
	var id trace.SpanID
	_, _ = rand.Read(id[:]) // never fails
	return id
}

// flush ends the traces: what has been told is sent, within a short time.
func (t *traces) flush() error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	return t.close(ctx)
}
