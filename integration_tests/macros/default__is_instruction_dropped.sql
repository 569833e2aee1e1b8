{#- Acme's prompts have a fixed system section: anything at all below the usual is a lost instruction. -#}
{% macro default__is_instruction_dropped(system_tokens, usual_system_tokens) -%}
    {{ system_tokens }} < {{ usual_system_tokens }}
{%- endmacro %}
