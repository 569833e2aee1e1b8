{#- What a postprocess step does: parser, guardrail or citation, by its kind and, for one that states none, by its name.
    Anything else is NULL and counts as a validator only.

    A project that installs this one overrides it by a macro `default__validator_role` of its own
    (docs/failure_tags.md). -#}
{% macro validator_role(validator_kind, validator_name) %}
    {{- return(adapter.dispatch('validator_role', 'spanmart')(validator_kind, validator_name)) -}}
{% endmacro %}
{% macro default__validator_role(validator_kind, validator_name) -%}
    {%- set said = "lower(coalesce(" ~ validator_kind ~ ", " ~ validator_name ~ "))" -%}
    case
        when regexp_matches({{ said }}, 'citation|grounding') then 'citation'
        when regexp_matches({{ said }}, '(^|[^a-z])(guardrail|moderat|policy|safety|pii|toxic)') then 'guardrail'
        when regexp_matches({{ said }}, '(^|[^a-z])(pars|schema|format|json)') then 'parser'
    end
{%- endmacro %}
