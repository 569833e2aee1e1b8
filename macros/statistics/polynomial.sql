{#
    A polynomial by Horner's rule, the constant term first.

    Coefficients are strings with an exponent ('2.5e0'): DuckDB reads a literal without one as DECIMAL, and a DECIMAL
    of 17 digits loses its last bit on the way to DOUBLE.
#}
{% macro polynomial(coefficients, x) -%}
    {%- set horner = namespace(sql=coefficients[-1]) -%}
    {%- for coefficient in coefficients[:-1] | reverse -%}
        {%- set horner.sql = '(' ~ horner.sql ~ ') * (' ~ x ~ ') + ' ~ coefficient -%}
    {%- endfor -%}
    ({{ horner.sql }})
{%- endmacro %}
