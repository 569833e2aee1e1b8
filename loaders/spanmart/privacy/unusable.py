"""The error of a setting, in a module of its own: both the policy and the settings raise it."""

from __future__ import annotations


class UnusableSetting(ValueError):
    """A setting that cannot be used as it is. The text is a sentence for whoever set it."""
