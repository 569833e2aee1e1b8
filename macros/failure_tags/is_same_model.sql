{#- Whether two names mean one model: equal but for the provider's path and for a date, version or "latest" at the end.
    gpt-4o is gpt-4o-2024-08-06 and is not gpt-4o-mini; claude-sonnet-4 is not claude-sonnet-4-5, so a short number alone
    is no version. NULL when either is unknown.

    A project that installs this one overrides it by a macro `default__is_same_model` of its own
    (docs/failure_tags.md). -#}
{% macro is_same_model(selected, used) %}
    {{- return(adapter.dispatch('is_same_model', 'spanmart')(selected, used)) -}}
{% endmacro %}
{% macro default__is_same_model(selected, used) -%}
    {%- set ending = "'[-@:](latest|00[0-9]|v[0-9]+(:[0-9]+)?|[0-9]{4}[0-9-]*)'" -%}
    {%- set bare = [] -%}
    {%- for name in [selected, used] -%}
        {%- do bare.append("regexp_replace(lower(" ~ name ~ "), '^.*/', '')") -%}
    {%- endfor -%}
    (
        {{ bare[0] }} = {{ bare[1] }}
        or (
            starts_with({{ bare[0] }}, {{ bare[1] }})
            and regexp_full_match(substr({{ bare[0] }}, length({{ bare[1] }}) + 1), {{ ending }})
        )
        or (
            starts_with({{ bare[1] }}, {{ bare[0] }})
            and regexp_full_match(substr({{ bare[1] }}, length({{ bare[0] }}) + 1), {{ ending }})
        )
    )
{%- endmacro %}
