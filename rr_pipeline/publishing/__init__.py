"""What others read: the published copy made good, Parquet by day, and which texts are shown as delivered."""
