{#- Whether a row of int_spans__landed is the one that stands for its span; `repeated` is the row of int_spans__repeated that has the
    span's ids, for the few spans that landed more than once. A load holds a record once. -#}
{% macro is_current_version(spans, repeated) -%}
    (
        {{ repeated }}.span_id is null
        or (
            {{ spans }}.record_hash = {{ repeated }}.record_hash
            and {{ spans }}.load_id is not distinct from {{ repeated }}.load_id
            and {{ spans }}.landed_at is not distinct from {{ repeated }}.version_landed_at
        )
    )
{%- endmacro %}
