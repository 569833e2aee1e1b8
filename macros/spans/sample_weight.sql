{#- How many traces a sampled one stands for. OpenTelemetry's probability sampling writes the rejection threshold T as up to
    14 hex digits into tracestate (`ot=th:…`), and weight = 2^56 / (2^56 - T); Logfire writes the rate. Neither: 1.
    https://opentelemetry.io/docs/specs/otel/trace/tracestate-probability-sampling/ -#}
{% macro sample_weight(trace_state, sample_rate) -%}
    {%- set threshold = "regexp_extract(" ~ trace_state ~ ", '(?:^|[,;])\\s*ot=(?:[^,]*;)?th:([0-9a-f]{1,14})', 1)" -%}
    coalesce(
        case
            when {{ threshold }} <> ''
                then 72057594037927936.0
                / (72057594037927936.0 - cast('0x' || rpad({{ threshold }}, 14, '0') as bigint))
        end,
        1.0 / nullif({{ sample_rate }}, 0),
        1.0
    )
{%- endmacro %}
