"""Privacy as policy: what is kept of content, for how long, and how it goes (docs/privacy.md)."""
