"""What stands between this machine and low latency: looked at, said in sentences, each with the way out."""
