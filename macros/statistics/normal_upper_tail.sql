{#
    P(Z > x) for a standard normal Z. Pass a column, not a long expression: x stands here some sixty times.

    Source: W. J. Cody, "Rational Chebyshev approximations for the error function", Math. Comp. 23 (1969), in the form for the
    normal law (ACM Algorithm 715). exp(-x²/2) is split at a multiple of 1/16, so that far tails keep their relative accuracy.
    Checked against scipy.stats.norm.sf: 4e-16 absolute, 5e-13 relative up to x = 37. An engine with erfc() may override it.
#}
{% macro normal_upper_tail(x) -%}
    {{ return(adapter.dispatch('normal_upper_tail', 'spanmart')(x)) }}
{%- endmacro %}

{% macro default__normal_upper_tail(x) -%}
    {%- set size = 'abs(' ~ x ~ ')' -%}
    {%- set square = '(' ~ x ~ ') * (' ~ x ~ ')' -%}
    {%- set inverse_square = '1e0 / (' ~ square ~ ')' -%}
    {%- set coarse = 'trunc(' ~ size ~ ' * 16e0) / 16e0' -%}
    {%- set density = 'exp(-0.5e0 * (' ~ coarse ~ ') * (' ~ coarse ~ '))'
        ~ ' * exp(-0.5e0 * (' ~ size ~ ' - ' ~ coarse ~ ') * (' ~ size ~ ' + ' ~ coarse ~ '))' -%}
    {%- set centre = '(' ~ x ~ ') * ' ~ spanmart.polynomial([
        '1.8154981253343561249e4', '1.0676894854603709582e3', '1.6102823106855587881e2',
        '2.2352520354606839287e0', '6.5682337918207449113e-2',
    ], square) ~ ' / ' ~ spanmart.polynomial([
        '4.5507789335026729956e4', '1.0260932208618978205e4', '9.7609855173777669322e2',
        '4.720258190468824187e1', '1e0',
    ], square) -%}
    {%- set middle = density ~ ' * ' ~ spanmart.polynomial([
        '9.8427148383839780218e3', '1.1602651437647350124e4', '6.8481904505362823326e3',
        '2.4945375852903726711e3', '5.9727027639480026226e2', '9.3506656132177855979e1',
        '8.8831497943883759412e0', '3.9894151208813466764e-1', '1.0765576773720192317e-8',
    ], size) ~ ' / ' ~ spanmart.polynomial([
        '1.9685429676859990727e4', '3.8912003286093271411e4', '3.4900952721145977266e4',
        '1.8615571640885098091e4', '6.485558298266760755e3', '1.519377599407554805e3',
        '2.3538790178262499861e2', '2.2266688044328115691e1', '1e0',
    ], size) -%}
    {%- set far = density ~ ' * (3.9894228040143267794e-1 - ' ~ inverse_square ~ ' * ' ~ spanmart.polynomial([
        '2.9112874951168792e-5', '1.421619193227893466e-3', '2.2235277870649807e-2',
        '1.274011611602473639e-1', '2.1589853405795699e-1', '2.307344176494017303e-2',
    ], inverse_square) ~ ' / ' ~ spanmart.polynomial([
        '7.29751555083966205e-5', '3.78239633202758244e-3', '6.59881378689285515e-2',
        '4.68238212480865118e-1', '1.28426009614491121e0', '1e0',
    ], inverse_square) ~ ') / ' ~ size -%}
    case
        when {{ size }} <= 0.67448975e0 then 0.5e0 - {{ centre }}
        when {{ x }} > 5.656854249492380195e0 then {{ far }}
        when {{ x }} > 0e0 then {{ middle }}
        when {{ x }} < -5.656854249492380195e0 then 1e0 - {{ far }}
        when {{ x }} < 0e0 then 1e0 - {{ middle }}
    end
{%- endmacro %}
