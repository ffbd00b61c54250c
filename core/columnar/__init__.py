"""Tables as Arrow and Parquet, where rows are many."""
