"use strict";

// Channels are kept to multiples of the divisor, and never lose more than a tenth.
function roundChannels(channels) {
  const divisor = RULES.divisor;
  const rounded = Math.max(divisor, Math.floor((channels + divisor / 2) / divisor) * divisor);
  return rounded < 0.9 * channels ? rounded + divisor : rounded;
}

function channelsOf(rule, source, setting) {
  const [kind, base] = rule;
  switch (kind) {
    case "same": return source.channels;
    case "constant": return base;
    case "times": return source.channels * setting.expansion;
    case "scaled": return roundChannels(base * setting.width);
    case "widened": return roundChannels(base * Math.max(1, setting.width));
    default: throw new Error(`unknown rule ${kind}`);
  }
}

// The nodes of a network with their shapes and costs. A node that a setting does without (an
// expansion by 1, a shortcut between different channels) hands its source on.
function build(setting) {
  const rules = RULES.heads[setting.head][setting.stride];
  const known = new Map();
  const nodes = [];
  for (const rule of rules) {
    const sources = rule.from.map((name) => known.get(name));
    const node = shape(rule, sources, known, setting);
    if (node) nodes.push(node);
    known.set(rule.name, node || sources[0]);
  }
  return nodes;
}

function shape(rule, sources, known, setting) {
  const node = { name: rule.name, sources, madds: 0, kernels: 0, parameters: 0 };
  const first = sources[0];
  switch (rule.op) {
    case "input":
      return { ...node, side: setting.side, channels: rule.channels };
    case "conv": {
      if (rule.channels[0] === "times" && setting.expansion === 1) return null;
      const channels = channelsOf(rule.channels, first, setting);
      const side = Math.ceil(first.side / (rule.stride || 1));
      const inputs = rule.channels[0] === "same" ? 1 : first.channels;
      const kernels = channels * inputs * (rule.kernel || 1) ** 2;
      const parameters = kernels + channels * (rule.bias ? 1 : 2);
      return { ...node, side, channels, kernels, parameters, madds: kernels * side * side };
    }
    case "add":
      if (first.channels !== sources[1].channels) return null;
      return { ...node, side: first.side, channels: first.channels };
    case "pool":
      return { ...node, side: 1, channels: first.channels };
    case "resize":
      return { ...node, side: known.get(rule.like).side, channels: first.channels };
    case "concat":
      return { ...node, side: first.side, channels: sources.reduce((n, s) => n + s.channels, 0) };
    default:
      throw new Error(`unknown operation ${rule.op}`);
  }
}

const blockOf = (name) => (name.startsWith("block") ? name.slice(0, name.lastIndexOf(".")) : name);
const elements = (node) => node.side * node.side * node.channels;

// Neighbouring nodes of one block together, or every node alone.
function stepsOf(nodes, fused) {
  const steps = [];
  for (const node of nodes) {
    const last = steps[steps.length - 1];
    if (fused && last && last.name === blockOf(node.name)) last.nodes.push(node);
    else steps.push({ name: fused ? blockOf(node.name) : node.name, nodes: [node] });
  }
  return steps;
}

// Elements alive at each step: its output, and whatever was made before and is still to be read.
function alive(nodes, fused) {
  const steps = stepsOf(nodes, fused);
  const made = new Map();
  steps.forEach((step, index) => step.nodes.forEach((node) => made.set(node, index)));
  const read = new Set(nodes.flatMap((node) => node.sources));
  const lastRead = new Map(nodes.map((node) => [node, read.has(node) ? -1 : steps.length]));
  for (const node of nodes) {
    for (const source of node.sources) {
      lastRead.set(source, Math.max(lastRead.get(source), made.get(node)));
    }
  }
  return steps.map((step, index) => {
    let held = 0;
    for (const node of nodes) {
      const inside = made.get(node) === index && lastRead.get(node) === index;
      if (made.get(node) <= index && index <= lastRead.get(node) && !inside) held += elements(node);
    }
    return { name: step.name, nodes: step.nodes, elements: held };
  });
}

function count(setting) {
  const nodes = build(setting);
  const alone = alive(nodes, false);
  const fused = alive(nodes, true);
  const held = new Map(alone.map((step) => [step.name, step.elements]));
  const sum = (list, field) => list.reduce((total, node) => total + node[field], 0);
  const peak = (steps) => steps.reduce((best, s) => (s.elements > best.elements ? s : best));
  return {
    madds: sum(nodes, "madds"),
    parameters: sum(nodes, "parameters"),
    kernels: sum(nodes, "kernels"),
    opByOp: peak(alone),
    fused: peak(fused),
    rows: fused.map((step) => ({
      name: step.name,
      side: step.nodes[step.nodes.length - 1].side,
      channels: step.nodes[step.nodes.length - 1].channels,
      madds: sum(step.nodes, "madds"),
      parameters: sum(step.nodes, "parameters"),
      opByOp: Math.max(...step.nodes.map((node) => held.get(node.name))),
      fused: step.elements,
    })),
  };
}

const $ = (id) => document.getElementById(id);
const text = (number) => number.toLocaleString("en-US");
const short = (n) => (n >= 1e6 ? `${+(n / 1e6).toPrecision(3)}M` : `${+(n / 1e3).toPrecision(3)}k`);

function chart(rows) {
  const width = 960, height = 260, left = 46, bottom = 40, top = 12;
  const most = Math.max(...rows.map((row) => row.opByOp));
  const scale = (n) => (n / most) * (height - bottom - top);
  const slot = (width - left) / rows.length;
  const ground = height - bottom;
  let svg = "";
  for (let i = 0; i <= 4; i++) {
    const y = ground - scale((most * i) / 4);
    svg += `<line class="grid" x1="${left}" x2="${width}" y1="${y}" y2="${y}"/>`;
    svg += `<text x="${left - 6}" y="${y + 4}" text-anchor="end">${i ? short((most * i) / 4) : 0}</text>`;
  }
  rows.forEach((row, i) => {
    const x = left + i * slot;
    const title = `<title>${row.name}: ${text(row.opByOp)} op by op, ${text(row.fused)} as one step</title>`;
    for (const [kind, value, at] of [["op", row.opByOp, 0.12], ["one", row.fused, 0.5]]) {
      const tall = scale(value);
      svg += `<rect class="${kind}" x="${x + slot * at}" y="${ground - tall}" width="${slot * 0.38}" height="${tall}" rx="1.5">${title}</rect>`;
    }
    const middle = x + slot / 2;
    svg += `<text transform="translate(${middle + 4} ${ground + 8}) rotate(-45)" text-anchor="end">${row.name.replace("block", "b")}</text>`;
  });
  $("chart").innerHTML = `<svg viewBox="0 0 ${width} ${height + 18}" role="img" aria-label="Activations alive, block by block">${svg}</svg>`;
}

function read() {
  const value = (id) => Number($(id).value);
  const setting = { head: $("head").value, stride: $("stride").value, width: value("width"),
    side: value("side"), expansion: value("expansion") };
  const whole = (n, low, high) => Number.isInteger(n) && n >= low && n <= high;
  if (!(setting.width >= 0.05 && setting.width <= 4)) return "The width multiplier is from 0.05 to 4.";
  if (!whole(setting.side, 32, 2048)) return "The side is a whole number of pixels from 32 to 2048.";
  if (!whole(setting.expansion, 1, 10)) return "The expansion factor is a whole number from 1 to 10.";
  return setting;
}

function show() {
  const setting = read();
  const wrong = typeof setting === "string";
  $("problem").hidden = !wrong;
  $("problem").textContent = wrong ? setting : "";
  if (wrong) return;
  const found = count(setting);
  $("madds").textContent = text(found.madds);
  $("parameters").textContent = text(found.parameters);
  $("kernels").textContent = text(found.kernels);
  $("op-by-op").textContent = text(found.opByOp.elements);
  $("op-by-op-at").textContent = found.opByOp.name;
  $("fused").textContent = text(found.fused.elements);
  $("fused-at").textContent = found.fused.name;
  $("layers").tBodies[0].innerHTML = found.rows.map((row) => "<tr>" + [row.name,
    `${row.side}x${row.side}`, text(row.channels), text(row.madds), text(row.parameters),
    text(row.opByOp), text(row.fused)].map((cell) => `<td>${cell}</td>`).join("") + "</tr>").join("");
  $("command").textContent = `mobilenetv2 info --head ${setting.head} --width ${setting.width} ` +
    `--size ${setting.side} --expansion ${setting.expansion} --output-stride ${setting.stride}`;
  chart(found.rows.filter((row) => row.madds > 0));
}

for (const name of ["width", "side", "expansion"]) {
  $(`${name}-slider`).addEventListener("input", () => { $(name).value = $(`${name}-slider`).value; show(); });
  $(name).addEventListener("input", () => { $(`${name}-slider`).value = $(name).value; show(); });
}
$("head").addEventListener("input", () => {
  // Each head at the size and stride that the paper gives it; both can be changed afterwards.
  const usual = { classifier: [224, 32], ssd: [320, 32], ssdlite: [320, 32] };
  const [side, stride] = usual[$("head").value] || [513, 16];
  $("side").value = $("side-slider").value = side;
  $("stride").value = stride;
  show();
});
$("stride").addEventListener("input", show);
$("controls").addEventListener("submit", (event) => event.preventDefault());
show();
