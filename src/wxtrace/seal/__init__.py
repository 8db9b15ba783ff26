"""Journal to Parquet, many Parquet files to few, old ones away: runs beside the web process."""
