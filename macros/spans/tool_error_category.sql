{#- The kind of a tool's failure from what it left behind; an application that knows better says so in
    spanmart.tool.error_category. Override by writing default__tool_error_category in your project. -#}
{% macro tool_error_category(error_type, message, response_code) %}
    {{- return(adapter.dispatch('tool_error_category', 'spanmart')(error_type, message, response_code)) -}}
{% endmacro %}

{% macro default__tool_error_category(error_type, message, response_code) -%}
    {%- set said = "lower(concat_ws(' ', " ~ error_type ~ ", " ~ message ~ "))" -%}
    case
        when {{ response_code }} in ('408', '504')
            or regexp_matches({{ said }}, 'time.?out|timed out|deadline') then 'timeout'
        when {{ response_code }} = '429'
            or regexp_matches({{ said }}, 'rate.?limit|too many requests|quota') then 'rate_limited'
        when {{ response_code }} in ('401', '403')
            or regexp_matches({{ said }}, 'permission|forbidden|unauthori|access denied') then 'permission'
        when {{ response_code }} in ('400', '422')
            or regexp_matches(
                {{ said }}, 'validation|invalid|valueerror|typeerror|keyerror|jsondecode|argument'
            ) then 'invalid_argument'
        when {{ response_code }} = '404'
            or regexp_matches({{ said }}, 'not.?found|lookuperror|does not exist') then 'not_found'
        when {{ response_code }} like '5%'
            or regexp_matches(
                {{ said }}, 'connection|unavailable|refused|reset|internal server|bad gateway|dependency|upstream'
            ) then 'dependency_failure'
        else 'other'
    end
{%- endmacro %}
