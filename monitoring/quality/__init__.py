"""Quality: how right the scores are by what people say of live decisions, and how sure that is."""
