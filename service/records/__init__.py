"""The decision log: a keyed digest and features of every decision, never the content."""
