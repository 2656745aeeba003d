"""Which networks figure 6 compares, and what several runs say together."""

import json
from dataclasses import replace
from math import sqrt
from pathlib import Path

import pytest

from mobilenetv2.errors import DatasetError, SpecError
from mobilenetv2.network.build import build
from mobilenetv2.network.count import analyze
from mobilenetv2.network.spec import MobileNetV2, Spec
from mobilenetv2.paper import figure_6
from mobilenetv2.paper.ablation_records import AblationEpoch, AblationRun, read_runs
from mobilenetv2.paper.ablation_runs import FEWEST_RUNS, AblationFigure, FamilyResult, estimate
from mobilenetv2.paper.ablations import (
    BASE,
    EXPANSIONS,
    Setting,
    all_variants,
    families,
    match_cost,
)
from mobilenetv2.paper.tour.ablations import tell_figure_6, verdict
from mobilenetv2.weights.plain import to_plain


def test_every_network_is_there_once_and_the_papers_own_first():
    variants = all_variants()
    names = [variant.name for variant in variants]
    assert names[0] == BASE
    assert len(set(names)) == len(names) == 1 + 1 + 2 + 5 + 5 + 1
    assert all(BASE in [v.name for v in family.variants] for family in families())


def test_networks_at_equal_cost_cost_the_same():
    base = analyze(all_variants()[0].spec).madds
    for family in families():
        if family.name in ("expansion-cost", "v1"):
            for variant in family.variants:
                assert analyze(variant.spec).madds == pytest.approx(base, rel=0.03)


def test_networks_at_equal_width_differ_in_their_expansion_alone():
    family = next(family for family in families() if family.name == "expansion-width")
    for factor, variant in zip(EXPANSIONS, family.variants, strict=True):
        backbone = variant.spec.backbone
        assert isinstance(backbone, MobileNetV2)
        assert {stage.expansion for stage in backbone.stages[1:]} == {factor}
        assert variant.spec.width == Setting().width


def test_figure_6s_variants_differ_in_one_thing():
    specs = {variant.name: build(variant.spec) for variant in all_variants()}
    base, relu6 = specs[BASE], specs["relu6-bottleneck"]
    changed = [
        after.name
        for before, after in zip(base.convs, relu6.convs, strict=True)
        if before.activation != after.activation
    ]
    assert changed == [f"block{index}.project" for index in range(17)]
    assert base.parameter_shapes == specs["shortcut-none"].parameter_shapes
    assert base.parameter_shapes == specs["shortcut-expansion"].parameter_shapes
    assert not any(node.name.endswith(".add") for node in specs["shortcut-none"].nodes)


def test_a_cost_out_of_reach_is_refused():
    with pytest.raises(SpecError, match="no width gives 1,000"):
        match_cost(Spec(size=(64, 64)), 1000)


def test_an_estimate_of_three_runs():
    """t for two degrees of freedom is 4.303."""
    found = estimate([0.50, 0.52, 0.54])
    assert found.mean == pytest.approx(0.52)
    assert found.half == pytest.approx(4.303 * 0.02 / sqrt(3))
    assert estimate([0.5]).half is None
    with pytest.raises(ValueError, match="at least one run"):
        estimate([])


def run(variant: str, seed: int, top1: float) -> AblationRun:
    setting = Setting(classes=3)
    spec = next(v.spec for v in all_variants(setting) if v.name == variant)
    counted = analyze(spec)
    return AblationRun(
        variant=variant, seed=seed, size=(64, 64), base_width=0.5, classes=3, width=spec.width,
        madds=counted.madds, parameters=counted.parameters.trainable, recipe="{}",
        training_pictures="a/train (60, f00d)", validation_pictures="a/val (30, cafe)", count=30,
        curve=(AblationEpoch(1, 1.0, 1.1, 0.4), AblationEpoch(2, 0.9, 1.0, top1)),
        machine="a machine", hours=0.1,
    )  # fmt: skip


def write(folder: Path, *runs: AblationRun) -> Path:
    for one in runs:
        path = folder / f"{one.variant}-{one.seed}.json"
        path.write_text(json.dumps(to_plain(one)), encoding="utf-8")
    return folder


def test_runs_become_a_figure_with_paired_differences(tmp_path: Path):
    base = [run(BASE, seed, top1) for seed, top1 in enumerate((0.60, 0.70, 0.80))]
    worse = [run("relu6-bottleneck", seed, top1) for seed, top1 in enumerate((0.55, 0.64, 0.76))]
    equal = [run("shortcut-none", seed, top1) for seed, top1 in enumerate((0.70, 0.60, 0.81))]
    data = figure_6([write(tmp_path, *base, *worse, *equal)])
    (scale,) = data.scales
    assert scale.name == "64x64, width 0.5, 2 epochs"
    assert scale.runs == data.runs == 9
    assert [family.name for family in scale.families] == ["activation", "shortcut"]
    relu6 = scale.families[0].variants[1]
    # Seed by seed the loss is clear, though the runs of one variant are far apart.
    assert relu6.difference.mean == pytest.approx(-0.05)
    assert relu6.top1.half is not None
    assert relu6.difference.half is not None
    assert relu6.difference.half < 0.03 < relu6.top1.half
    said = " ".join(tell_figure_6(data).after)
    assert "ReLU6 -5.0 ± 2.5 points, worse" in said
    assert "none +0.3 ± 24.9 points, no difference shows" in said


def results(folder: Path, family: str, **top1: tuple[float, ...]) -> FamilyResult:
    names = {name: name.replace("_", "-") for name in top1}
    runs = [
        run(names[name], seed, value)
        for name, values in top1.items()
        for seed, value in enumerate(values)
    ]
    (scale,) = figure_6([write(folder, *runs)]).scales
    return next(f for f in scale.families if f.name == family)


def test_whether_a_claim_shows_is_said(tmp_path: Path):
    base = (0.60, 0.62, 0.64)
    shown = results(tmp_path, "activation", v2=base, relu6_bottleneck=(0.50, 0.51, 0.55))
    assert verdict(shown) == "the claim shows"
    few = results(tmp_path, "shortcut", shortcut_expansion=base[:2])
    assert verdict(few) == "there are too few runs to tell"
    equal = results(tmp_path, "shortcut", shortcut_expansion=(0.61, 0.62, 0.63))
    assert verdict(equal) == ("the claim does not show (between expansions: no difference shows)")
    alike = {"expansion_8_width": (0.61, 0.62, 0.63), "expansion_10_width": base}
    assert verdict(results(tmp_path, "expansion-width", **alike)) == (
        "nothing speaks against the claim, as far as ±2 points can tell"
    )
    better = {"expansion_8_width": (0.71, 0.72, 0.73)}
    assert "does not show (t = 8: better)" in verdict(
        results(tmp_path, "expansion-width", **better)
    )


def longer(one: AblationRun, top1: float) -> AblationRun:
    return replace(one, curve=(*one.curve, AblationEpoch(3, 0.8, 0.9, top1)))


def test_runs_of_two_settings_are_two_scales(tmp_path: Path):
    """Each is compared with its own base; a claim may show at one of them alone."""
    short, long = tmp_path / "short", tmp_path / "long"
    short.mkdir()
    long.mkdir()
    base = [run(BASE, seed, top1) for seed, top1 in enumerate((0.60, 0.62, 0.64))]
    v1 = [run("v1", seed, top1) for seed, top1 in enumerate((0.61, 0.62, 0.63))]
    write(short, *base, *v1)
    write(long, *(longer(one, 0.7) for one in base), *(longer(one, 0.65) for one in v1))
    data = figure_6([long, short])
    assert [scale.name[-8:] for scale in data.scales] == ["2 epochs", "3 epochs"]
    outcomes = [[family.outcome for family in scale.families] for scale in data.scales]
    assert outcomes == [["does not show"], ["shows"]]
    section = tell_figure_6(data)
    (claim,) = section.grids[0].rows
    assert claim[2:] == ("does not show: +0.0 ± 2.5", "shows: -5.0 ± 0.0")
    assert len(section.grids) == 3
    others = write(short, *(replace(one, base_width=0.35) for one in base))
    assert len(figure_6([others, long]).scales) == 3


def test_a_claim_that_was_not_tried_at_a_scale_is_named_so(tmp_path: Path):
    base = [run(BASE, seed, 0.6) for seed in range(3)]
    v1 = [run("v1", seed, 0.5) for seed in range(3)]
    write(tmp_path, *base, *v1)
    others = tmp_path / "longer"
    others.mkdir()
    relu6 = [longer(run("relu6-bottleneck", seed, 0.5), 0.5) for seed in range(3)]
    write(others, *(longer(one, 0.6) for one in base), *relu6)
    rows = {row[1]: row[2:] for row in tell_figure_6(figure_6([tmp_path, others])).grids[0].rows}
    assert rows["MobileNetV2 against V1, at equal cost"] == ("shows: -10.0 ± 0.0", "not trained")
    assert rows["Figure 6a: the bottleneck's activation"] == ("not trained", "shows: -10.0 ± 0.0")


def test_a_claim_that_shows_nowhere_is_said_to(tmp_path: Path):
    short, long = tmp_path / "short", tmp_path / "long"
    short.mkdir()
    long.mkdir()
    runs = [run(name, seed, 0.5 + seed / 50) for name in (BASE, "v1") for seed in range(3)]
    write(short, *runs)
    write(long, *(longer(one, one.top1) for one in runs))
    nowhere = "shows at none of the scales"
    assert nowhere in " ".join(tell_figure_6(figure_6([short, long])).after)
    assert nowhere not in " ".join(tell_figure_6(figure_6([short])).after)


def test_a_run_counts_once(tmp_path: Path):
    write(tmp_path, run(BASE, 0, 0.5))
    with pytest.raises(DatasetError, match="2 records of v2-0"):
        figure_6([tmp_path, tmp_path])


def test_the_releases_runs_decide_every_claim():
    data = figure_6()
    named = {family.name for scale in data.scales for family in scale.families}
    assert named == {family.name for family in families()}
    for scale in data.scales:
        for family in scale.families:
            assert family.outcome != "undecided", (scale.name, family.name)
            assert all(variant.top1.count >= FEWEST_RUNS for variant in family.variants)


def test_a_folder_without_records_is_told_of(tmp_path: Path):
    with pytest.raises(DatasetError, match="got none"):
        figure_6([tmp_path])
    (tmp_path / "broken.json").write_text("{", encoding="utf-8")
    with pytest.raises(DatasetError, match=r"broken\.json must be the record"):
        read_runs([tmp_path])


def test_without_runs_the_figure_says_what_it_would_compare():
    section = tell_figure_6(AblationFigure(()))
    assert section.picture == ""
    assert len(section.grids[0].rows) == len(families())
