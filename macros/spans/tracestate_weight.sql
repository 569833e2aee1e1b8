{#- How many traces one stands for by OpenTelemetry's probability sampling, which writes the rejection threshold T as up to
    14 hex digits into tracestate (`ot=th:…`): 2^56 / (2^56 - T). NULL where it says nothing.
    https://opentelemetry.io/docs/specs/otel/trace/tracestate-probability-sampling/ -#}
{% macro tracestate_weight(trace_state) -%}
    {%- set threshold = "regexp_extract(" ~ trace_state ~ ", '(?:^|[,;])\\s*ot=(?:[^,]*;)?th:([0-9a-f]{1,14})', 1)" -%}
    case
        when {{ threshold }} <> ''
            then 72057594037927936.0
            / (72057594037927936.0 - cast('0x' || rpad({{ threshold }}, 14, '0') as bigint))
    end
{%- endmacro %}
