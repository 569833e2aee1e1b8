"""OTLP, whatever its encoding: both encodings end in one nested Arrow shape and one `flatten`."""
