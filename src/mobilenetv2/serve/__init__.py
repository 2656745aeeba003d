"""A model behind HTTP: pictures come in, the JSON of `predict` goes out."""
