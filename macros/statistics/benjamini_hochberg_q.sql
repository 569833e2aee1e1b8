{#
    Second half of the Benjamini-Hochberg q-value: the smallest step at this p or any larger, at most 1. Calling every row with
    q < 0.05 significant keeps the expected share of false calls under 5 %.

        q_i = min over p_j >= p_i of p_j · m/j

    Source: Y. Benjamini and Y. Hochberg, JRSS B 57 (1995). Checked against statsmodels multipletests(method="fdr_bh").
#}
{% macro benjamini_hochberg_q(step, p, family=[]) -%}
    {%- set partition = 'partition by ' ~ family | join(', ') ~ ' ' if family else '' -%}
    case
        when {{ p }} is not null
            then least(1e0, min({{ step }}) over ({{ partition }}order by {{ p }} desc nulls first))
    end
{%- endmacro %}
