"""The neutral form of a foreign network, in which the paper's layers are found and named."""
