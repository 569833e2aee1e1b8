{#-
The columns that every sum over traces has, of rows that have one trace each. A trace that was kept with the chance 1/w
stands for w traces, so totals are Σ w·y (Horvitz and Thompson, 1952). Traces are kept independently of each other: the
variance of such a total is estimated by Σ w(w-1)·y², which is 0 where everything was kept. Variances add up over rows
that share no trace, hence over hours and days.
Source: Särndal, Swensson, Wretman, Model Assisted Survey Sampling (1992), 2.8 and 3.2 (Poisson sampling).
-#}
{% macro weighted_usage() -%}
    count(*) as trace_count,
    sum(sample_weight) as weighted_trace_count,
    sum(sample_weight * sample_weight) as squared_weight_sum,
    {{ spanmart.effective_sample_size('sum(sample_weight)', 'sum(sample_weight * sample_weight)') }}
        as effective_trace_count,
    cast(sum(call_count) as bigint) as call_count,
    sum(sample_weight * call_count) as weighted_call_count,
    {{ spanmart.sampling_variance('call_count') }} as weighted_call_count_variance,
    sqrt({{ spanmart.sampling_variance('call_count') }}) as weighted_call_count_se,
    cast(sum(billable_count) as bigint) as billable_count,
    cast(sum(priced_count) as bigint) as priced_count,
    sum(priced_count) / nullif(sum(billable_count), 0) as priced_share,
    cast(sum(input_tokens) as bigint) as input_tokens,
    cast(sum(cache_read_tokens) as bigint) as cache_read_tokens,
    cast(sum(cache_write_tokens) as bigint) as cache_write_tokens,
    cast(sum(output_tokens) as bigint) as output_tokens,
    cast(sum(reasoning_tokens) as bigint) as reasoning_tokens,
    sum(sample_weight * input_tokens) as weighted_input_tokens,
    sum(sample_weight * output_tokens) as weighted_output_tokens,
    cast(sum(cost_usd) as decimal(38, 12)) as seen_cost_usd,
    cast(sum({{ spanmart.weighted_money('cost_usd') }}) as decimal(38, 12)) as cost_usd,
    {{ spanmart.sampling_variance('cost_usd') }} as cost_usd_variance,
    sqrt({{ spanmart.sampling_variance('cost_usd') }}) as cost_usd_se,
    cast(sum({{ spanmart.weighted_money('cache_saving_usd') }}) as decimal(38, 12))
        as cache_saving_usd,
{%- endmacro %}
