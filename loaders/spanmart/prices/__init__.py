"""Published prices of model calls as seeds with history; see seeds/prices/README.md."""
