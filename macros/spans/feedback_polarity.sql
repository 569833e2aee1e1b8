{#- Whether a feedback event speaks for the answer: positive, negative or neutral. A word that seeds/outcomes/
    feedback_labels.csv knows decides first, then the score, then the kind itself. A rating without an agreed scale says
    nothing by its number. -#}
{% macro feedback_polarity(feedback, kinds, labels) -%}
    coalesce(
        case when {{ kinds }}.reads_value then {{ labels }}.polarity end,
        case
            when not {{ kinds }}.reads_value or {{ feedback }}.score is null then null
            when {{ feedback }}.feedback_source = 'evaluator'
                then case
                    when {{ feedback }}.score >= {{ var('evaluator_success_threshold') }} then 'positive'
                    else 'negative'
                end
            when {{ feedback }}.kind = 'rating' then null
            when {{ feedback }}.score > 0 then 'positive'
            else 'negative'
        end,
        {{ kinds }}.polarity,
        'neutral'
    )
{%- endmacro %}
