{# Upper end of the Wilson score interval of a proportion; NULL without trials. See `wilson_low`. #}
{% macro wilson_high(successes, trials, confidence=0.95) -%}
    case
        when {{ trials }} > 0 and {{ successes }} is not null
            then least(1e0, {{ spanmart.wilson_bound(successes, trials, '+', confidence) }})
    end
{%- endmacro %}
