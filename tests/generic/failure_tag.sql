{#-
A failure-taxonomy tag. Its rows are written by the models that read this test from the graph
(macros/failure_tags/declared_failure_tags.sql); the test itself then holds them to a budget.

tag        the tag: lower case, underscores
when       SQL over int_traces__signals (or over `relation`); true tags the trace, NULL means that it cannot be told.
           Without it and without a relation only labels give the tag
relation   a fact, or a model of your own named in the var failure_tag_models, instead of int_traces__signals
grain      trace, or span: then the relation has one row per span, and the span is kept on the tag
labels     what reviewers and evaluators call it, beside the tag's own name
max_rate   share of production traces that may carry the tag before the test warns
-#}
{% test failure_tag(model, tag, when=none, relation=none, grain='trace', labels=[], max_rate=0) %}
    {{ config(severity='warn') }}
    {{ spanmart.failure_tag_budget(model, tag, max_rate) }}
{% endtest %}
