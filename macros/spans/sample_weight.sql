{#- How many traces a sampled one stands for by what its own spans say: OpenTelemetry's tracestate, else a rate that its
    producer writes (Logfire does). Neither: 1. A rate above 1 is none ("one in ten" is 0.1 here). -#}
{% macro sample_weight(trace_state, sample_rate) -%}
    coalesce(
        {{ spanmart.tracestate_weight(trace_state) }},
        case when {{ sample_rate }} <= 1 then 1.0 / nullif({{ sample_rate }}, 0) end,
        1.0
    )
{%- endmacro %}
