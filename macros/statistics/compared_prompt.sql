{#- The prompt under whose name versions are compared. Some teams version one prompt and never name it: its versions are
    compared all the same, under a name that no prompt has. -#}
{% macro compared_prompt(prompt_name) -%}
    coalesce({{ prompt_name }}, '(unnamed)')
{%- endmacro %}
