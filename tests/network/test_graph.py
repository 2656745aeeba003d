"""Graph.check() lets no malformed graph through, and every spec builds a sound one."""

from dataclasses import replace

import pytest
from hypothesis import given, settings

from mobilenetv2.errors import GraphError
from mobilenetv2.network.build import build
from mobilenetv2.network.graph import Add, Concat, Conv, Graph, Input, Node, Shape
from mobilenetv2.network.spec import Classifier, MobileNetV2, Spec, round_channels, with_expansion
from tests.specs import specs

SMALL = build(Spec(width=0.1, size=(32, 32), head=Classifier(3)))


def changed(graph: Graph, name: str, values: dict[str, object]) -> Graph:
    """The same graph with one node's fields replaced."""
    nodes = tuple(replace(n, **values) if n.name == name else n for n in graph.nodes)
    return replace(graph, nodes=nodes)


@given(specs)
@settings(max_examples=60, deadline=None)
def test_every_spec_builds_a_graph_that_passes_its_own_check(spec: Spec):
    graph = build(spec)
    graph.check()
    assert graph.input.shape == (*spec.size, 3)
    assert all(node.shape.elements > 0 for node in graph.nodes)


@given(specs)
@settings(max_examples=30, deadline=None)
def test_a_graph_without_one_of_its_inner_nodes_is_refused(spec: Spec):
    graph = build(spec)
    read = {source for node in graph.nodes for source in node.sources}
    victim = next(n.name for n in reversed(graph.nodes) if n.name in read)
    with pytest.raises(GraphError):
        replace(graph, nodes=tuple(n for n in graph.nodes if n.name != victim)).check()


@given(specs)
@settings(max_examples=30, deadline=None)
def test_reversed_order_is_refused(spec: Spec):
    graph = build(spec)
    with pytest.raises(GraphError, match="come first"):
        replace(graph, nodes=graph.nodes[::-1]).check()


@pytest.mark.parametrize(
    ("name", "values", "rule"),
    [
        ("block3.expand", {"name": "block2.expand"}, "unique"),
        ("block3.expand", {"source": "nowhere"}, "must exist and come first"),
        ("block3.expand", {"in_channels": 7}, "in_channels"),
        ("block3.expand", {"groups": 5}, "divide by groups"),
        ("block3.expand", {"groups": 0}, "divide by groups"),
        ("block3.expand", {"shape": Shape(8, 8, 0)}, "positive"),
        ("block3.depthwise", {"stride": 3}, "its window gives"),
        ("block3.depthwise", {"stride": 0}, "at least 1"),
        ("block3.depthwise", {"dilation": 0}, "dilation"),
        ("block3.depthwise", {"pads": (-1, 0, 0, 0)}, "negative"),
        ("block3.depthwise", {"kernel": (0, 3)}, "at least 1"),
        ("block2.add", {"second": "stem"}, "both sources"),
        ("pool", {"kernel": (9, 9)}, "window"),
        ("pool", {"shape": Shape(1, 1, 5)}, "keeps channels"),
    ],
)
def test_each_rule_names_the_node(name: str, values: dict[str, object], rule: str):
    with pytest.raises(GraphError, match=rule) as caught:
        changed(SMALL, name, values).check()
    assert "'" + str(values.get("name", name)) + "'" in str(caught.value)


@pytest.mark.parametrize("outputs", [(), ("nowhere",), ("logits", "logits")])
def test_outputs_must_be_distinct_nodes(outputs: tuple[str, ...]):
    with pytest.raises(GraphError, match="outputs must be"):
        replace(SMALL, outputs=outputs).check()


def test_two_inputs_or_none_are_refused():
    one = Input("a", Shape(4, 4, 3))
    with pytest.raises(GraphError, match="exactly one Input"):
        Graph((one, replace(one, name="b")), ("a",)).check()
    with pytest.raises(GraphError):
        Graph((), ("a",)).check()


def test_concat_parts_must_fit():
    nodes: tuple[Node, ...] = (
        Input("a", Shape(4, 4, 3)),
        Concat("joined", ("a", "a"), Shape(4, 4, 5)),
    )
    with pytest.raises(GraphError, match="fit together"):
        Graph(nodes, ("joined",)).check()


def test_a_map_without_pixels_is_refused():
    with pytest.raises(GraphError, match="positive"):
        Graph((Input("input", Shape(0, 4, 3)),), ("input",)).check()


class TestAblations:
    def test_relu6_after_the_projection(self):
        graph = build(Spec(backbone=MobileNetV2(bottleneck_activation="relu6")))
        projections = [n for n in graph.convs if n.name.endswith(".project")]
        assert {conv.activation for conv in projections} == {"relu6"}
        plain = [n for n in build(Spec()).convs if n.name.endswith(".project")]
        assert {conv.activation for conv in plain} == {"none"}

    def test_no_shortcut(self):
        graph = build(Spec(backbone=MobileNetV2(shortcut="none")))
        assert not [n for n in graph.nodes if isinstance(n, Add)]

    def test_shortcuts_between_expansions_are_as_many_and_join_wide_maps(self):
        nodes = build(Spec(backbone=MobileNetV2(shortcut="expansion"))).by_name
        adds = [node for node in nodes.values() if isinstance(node, Add)]
        assert len(adds) == 10
        for add in adds:
            assert add.first == add.name.replace(".add", ".expand")
            assert nodes[add.first].shape == nodes[add.second].shape
            assert add.shape.channels >= 144

    def test_expansion_one_leaves_out_every_expand(self):
        graph = build(Spec(backbone=with_expansion(MobileNetV2(), 1)))
        assert not [n for n in graph.nodes if n.name.endswith(".expand")]

    def test_last_channel_scaled_shrinks_the_last_convolution(self):
        scaled = build(Spec(width=0.5, backbone=MobileNetV2(last_channel="scaled")))
        assert scaled.by_name["last"].shape.channels == 640
        assert build(Spec(width=0.5)).by_name["last"].shape.channels == 1280

    def test_divisor_one_keeps_channels_that_are_no_multiples_of_eight(self):
        exact = build(Spec(width=0.75, backbone=MobileNetV2(divisor=1)))
        assert exact.by_name["block1.project"].shape.channels == 18
        assert build(Spec(width=0.75)).by_name["block1.project"].shape.channels == 24


@pytest.mark.parametrize(
    ("padding", "side", "pads"),
    [
        ("tensorflow", 224, (0, 1, 0, 1)),
        ("tensorflow", 225, (1, 1, 1, 1)),
        ("torch", 224, (1, 1, 1, 1)),
        ("torch", 225, (1, 1, 1, 1)),
    ],
)
def test_padding_conventions_at_stride_2(padding: str, side: int, pads: tuple[int, ...]):
    stem = build(Spec(size=(side, side), padding=padding)).by_name["stem"]  # type: ignore[arg-type]
    assert isinstance(stem, Conv)
    assert stem.pads == pads
    assert stem.shape[:2] == ((side + 1) // 2,) * 2


@pytest.mark.parametrize(
    ("channels", "rounded"), [(44.8, 48), (33.6, 32), (11.2, 16), (3, 8), (12, 16)]
)
def test_channels_round_to_eights_and_never_lose_a_tenth(channels: float, rounded: int):
    assert round_channels(channels) == rounded
    assert rounded >= 0.9 * channels
