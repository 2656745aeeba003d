"""How fast a model is here, beside other runtimes with the same weights."""
