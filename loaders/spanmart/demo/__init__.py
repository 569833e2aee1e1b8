"""Forty days of made-up support-copilot traffic, with planted incidents and the truth written down.

`scenario` says what happens (prompts, versions, incidents), `people` who asks, `plan` draws one
request. `flows` turns it into spans as docs/instrumentation.md asks for them (`stages`,
`model_stages` and `outcome_stages` are before, at and after the model), `feedback` into late
feedback. `otlp` encodes, `manifest` writes the truth, `generate` runs it all. One seed, one set of
bytes.
"""
