{#
    Lower end of the Wilson score interval of a proportion; NULL without trials.

        (p + z²/2n - z sqrt(p(1-p)/n + z²/4n²)) / (1 + z²/n)

    Source: E. B. Wilson, JASA 22 (1927). Checked against statsmodels proportion_confint(method="wilson").
    For weighted rows pass successes = rate * n and trials = n with n = `effective_sample_size`.
#}
{% macro wilson_low(successes, trials, confidence=0.95) -%}
    {#- greatest() and least() pass over a NULL, so the unknown case is taken out first. -#}
    case
        when {{ trials }} > 0 and {{ successes }} is not null
            then greatest(0e0, {{ spanmart.wilson_bound(successes, trials, '-', confidence) }})
    end
{%- endmacro %}
