{#- Whether a prompt went out without part of its system section: it weighs less than half of what it usually does.
    Half, because editing a template moves the section by a few percent, and cutting it to a budget takes whole blocks.

    A project that installs this one overrides it by a macro `default__is_instruction_dropped` of its own
    (docs/failure_tags.md). -#}
{% macro is_instruction_dropped(system_tokens, usual_system_tokens) %}
    {{- return(adapter.dispatch('is_instruction_dropped', 'spanmart')(system_tokens, usual_system_tokens)) -}}
{% endmacro %}
{% macro default__is_instruction_dropped(system_tokens, usual_system_tokens) -%}
    {{ system_tokens }} < 0.5 * {{ usual_system_tokens }}
{%- endmacro %}
