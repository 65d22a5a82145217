"""Reviews: what people say of decisions: the queue, verdicts, appeals, labels, and how far people agree."""
