{#-
Every failure tag that is switched on, as declared by its `failure_tag` test: the test is the one place of a tag, and the
models read it from dbt's own graph while they compile. Sorted by tag; one entry a tag. Empty while parsing and in unit
tests, which see no graph.

Where the same tag is declared more than once, the project that runs wins over installed packages, and those over this
one. A test with `enabled: false` is not in the graph, so it is off without a word here.

Called from models of this project and from tests of any: nothing in here may read a var, which dbt would look up in the
project of the test.
-#}
{% macro declared_failure_tags() %}
    {% set winners = {} %}
    {% if execute and graph is defined and graph.nodes is defined %}
        {% for node in graph.nodes.values() | sort(attribute='unique_id')
                if node.resource_type == 'test' and 'macro.spanmart.test_failure_tag' in node.depends_on.macros %}
            {% set declared = spanmart.read_failure_tag(node) %}
            {% set standing = winners.get(declared.tag) %}
            {% if standing is none or declared.rank < standing.rank %}
                {% do winners.update({declared.tag: declared}) %}
            {% elif declared.rank == standing.rank %}
                {% do exceptions.raise_compiler_error(
                    'The failure tag ' ~ declared.tag ~ ' is declared by both ' ~ standing.block ~ ' and '
                    ~ declared.block ~ '. Keep one, or give one of them `enabled: false`.') %}
            {% endif %}
        {% endfor %}
        {% do spanmart.check_failure_tag_labels(winners.values()) %}
    {% endif %}
    {% do return(winners.values() | sort(attribute='tag')) %}
{% endmacro %}

{#- One declared tag as the models use it, from its test node. -#}
{% macro read_failure_tag(node) %}
    {% set arguments = node.test_metadata.kwargs %}
    {% set meta = node.config.meta or {} %}
    {% set block = node.name ~ ' (' ~ node.package_name ~ '://' ~ node.original_file_path ~ ')' %}
    {% set tag = arguments.tag | string %}
    {% if spanmart.tag_of_label(tag) != tag %}
        {% do exceptions.raise_compiler_error(
            block ~ ': the tag is "' ~ tag ~ '"; write it in lower case with underscores: '
            ~ spanmart.tag_of_label(tag)) %}
    {% endif %}
    {% set grain = arguments.get('grain', 'trace') %}
    {% if grain not in ['trace', 'span'] %}
        {% do exceptions.raise_compiler_error(block ~ ': grain is "' ~ grain ~ '"; it is trace or span.') %}
    {% endif %}
    {% set severity = meta.get('severity', 'medium') %}
    {% if severity not in spanmart.failure_severities() %}
        {% do exceptions.raise_compiler_error(
            block ~ ': meta.severity is "' ~ severity ~ '"; it is one of '
            ~ spanmart.failure_severities() | join(', ') ~ '.') %}
    {% endif %}
    {% set relation = arguments.get('relation') %}
    {% if grain == 'span' and not relation %}
        {% do exceptions.raise_compiler_error(
            block ~ ': a tag of grain span needs a relation with one row per span, such as tool_span.') %}
    {% endif %}
    {% set labels = [tag] %}
    {% for label in arguments.get('labels') or [] %}
        {% do labels.append(spanmart.tag_of_label(label)) %}
    {% endfor %}
    {% do return({
        'tag': tag,
        'when': arguments.get('when'),
        'has_rule': arguments.get('when') is not none or relation is not none,
        'relation': relation or 'int_traces__signals',
        'grain': grain,
        'labels': labels | unique | list,
        'max_rate': arguments.get('max_rate', 0),
        'failure_family': meta.get('failure_family', 'unclassified'),
        'severity': severity,
        'owner': meta.get('owner'),
        'description': node.description,
        'name': node.name,
        'block': block,
        'unique_id': node.unique_id,
        'rank': 0 if node.package_name == project_name else 2 if node.package_name == 'spanmart' else 1,
    }) %}
{% endmacro %}

{#- A label is one tag's: two tags that both claim it would count one opinion twice. -#}
{% macro check_failure_tag_labels(tags) %}
    {% set claimed = {} %}
    {% for declared in tags %}
        {% for label in declared.labels %}
            {% if label in claimed %}
                {% do exceptions.raise_compiler_error(
                    'The label ' ~ label ~ ' is claimed by both ' ~ claimed[label] ~ ' and ' ~ declared.block ~ '.') %}
            {% endif %}
            {% do claimed.update({label: declared.block}) %}
        {% endfor %}
    {% endfor %}
{% endmacro %}
