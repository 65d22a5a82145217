"""Everything Weir knows about models: contracts, data, training, evaluation, export, runtime."""
