{#-
The rates that a call can be charged, each as [column, unit of seeds/prices/model_prices.csv that sets it, column of
seeds/prices/price_overrides.csv that sets it, units that its override is quoted for]. A rate is US dollars for one
unit. A unit of the seed that is not listed (searches, seconds of audio, pages, images) is kept there and charges
nothing: no span field counts it yet.
-#}
{% macro price_rates() %}
{% do return([
    ['input_rate', 'input_tokens', 'input_usd_per_mtok', 1000000],
    ['cache_read_rate', 'cache_read_tokens', 'cache_read_usd_per_mtok', 1000000],
    ['cache_write_rate', 'cache_write_tokens', 'cache_write_usd_per_mtok', 1000000],
    ['cache_write_5m_rate', 'cache_write_5m_tokens', 'cache_write_5m_usd_per_mtok', 1000000],
    ['cache_write_1h_rate', 'cache_write_1h_tokens', 'cache_write_1h_usd_per_mtok', 1000000],
    ['input_audio_rate', 'input_audio_tokens', 'input_audio_usd_per_mtok', 1000000],
    ['cache_audio_read_rate', 'cache_audio_read_tokens', none, none],
    ['output_rate', 'output_tokens', 'output_usd_per_mtok', 1000000],
    ['output_reasoning_rate', 'output_reasoning_tokens', 'output_reasoning_usd_per_mtok', 1000000],
    ['output_audio_rate', 'output_audio_tokens', 'output_audio_usd_per_mtok', 1000000],
    ['request_rate', 'requests', 'usd_per_request', 1],
]) %}
{% endmacro %}
