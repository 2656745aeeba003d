"""How good answers are: figures that published evaluators agree with."""
