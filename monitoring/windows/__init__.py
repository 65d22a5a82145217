"""Windows: a period of decisions as typed columns, read from the store or from exported Parquet, in bounded memory."""
