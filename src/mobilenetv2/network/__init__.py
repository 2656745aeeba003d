"""A network in the words of the paper, as data: spec, graph, heads, anchors, counts."""
