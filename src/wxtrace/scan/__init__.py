"""(openid, stamp) to rows: from Parquet and from journals that are not sealed yet."""
