"""Banks: lists of content that a team has already judged, and how new content is recognised by them."""
