"""What a pull cannot go on from, as a sentence for whoever runs it."""

from __future__ import annotations


class PullFailed(Exception):
    """The vendor cannot be read from. What was read before is landed."""


class NotThere(PullFailed):
    """The vendor has no such endpoint or object (404, 405, 410, 501)."""


class ServerAway(PullFailed):
    """The vendor does not answer, or not soon enough: it will not for another stream either."""


class NotLanded(PullFailed):
    """Pages were read and could not be landed: what they reach to must not be remembered."""
