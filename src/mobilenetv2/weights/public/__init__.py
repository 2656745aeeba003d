"""Public weights: the cache, the network, and what is checked on the way."""
