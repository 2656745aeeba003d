"""A foreign network once its format is forgotten: the paper's layers are recognized in it."""
