// Three maps of the same shoppers. The middle one travels between the content map before (t = 0) and after (t = 1).
const find = (selector) => element.querySelector(selector);
const panels = [...element.querySelectorAll('figure')].map((figure) => {
  const canvas = figure.querySelector('canvas');
  return { name: figure.dataset.panel, figure, canvas, pen: canvas.getContext('2d'), size: 0, wide: 0 };
});
const stage = panels.find((panel) => panel.name === 'stage');
const slider = find('.morph input'), play = find('.play'), choice = find('.colour'), live = find('.live');
const inspector = find('.inspector'), legend = find('.legend'), tip = find('.tip'), youButton = find('.you');
const still = matchMedia('(prefers-reduced-motion: reduce)');
const TRAVEL = 1600; // milliseconds from before to after
const REACH = 14; // pixels within which a point is meant

let world = null; // what app/tabs/alignment/map_data.py packs, with typed coordinates
let asked = false;
let t = 1, playing = 0, colour = null, shown = null; // shown: the one group of the legend that is not dimmed
let hovered = -1;
let opened = null; // { row, near }; row is 'you' for the visitor
let bins = null, inks = []; // shopper → which of the shades; the shades as [red, green, blue]

const style = (name) => getComputedStyle(element).getPropertyValue(name).trim();
const you = () => (props.value?.points?.before ? props.value : null); // with an empty history, a sentence alone comes
const dark = () => document.body.classList.contains('dark');
const url = (item) => world.pictures.replace('NUMBER', item);

// --- places

const ease = (x) => x * x * (3 - 2 * x);

function at(panel, row, out) {
  const { before, after, id } = world.places;
  if (panel.name === 'id') { out[0] = id[2 * row]; out[1] = id[2 * row + 1]; return out; }
  const s = panel.name === 'stage' ? ease(t) : 0;
  out[0] = before[2 * row] + s * (after[2 * row] - before[2 * row]);
  out[1] = before[2 * row + 1] + s * (after[2 * row + 1] - before[2 * row + 1]);
  return out;
}

function yourPlace(panel) {
  const points = you()?.points;
  if (!points) return null;
  if (panel.name !== 'stage') return points[panel.name] || null;
  const s = ease(t);
  return points.before.map((from, axis) => from + s * (points.after[axis] - from));
}

// The few who lie beyond the reach of a map are drawn at its edge.
const EDGE = 5;
function unitOf(panel) { // pixels of a map's 1
  const [right, up] = world.reach[panel.name === 'id' ? 'id' : 'after'];
  return Math.min((panel.wide / 2 - EDGE) / right, (panel.size / 2 - EDGE) / up);
}
const within = (spot, size) => Math.min(Math.max(spot, EDGE), size - EDGE);
const x = (panel, place) => within(panel.wide / 2 + place[0] * panel.unit, panel.wide);
const y = (panel, place) => within(panel.size / 2 - place[1] * panel.unit, panel.size);

// --- colours

const rgb = (hex) => [1, 3, 5].map((from) => parseInt(hex.slice(from, from + 2), 16));

function mix(stops, share) {
  const part = share * (stops.length - 1), low = Math.min(Math.floor(part), stops.length - 2);
  const [one, other] = [rgb(stops[low]), rgb(stops[low + 1])];
  const mixed = one.map((value, i) => Math.round(value + (part - low) * (other[i] - value)));
  return `#${mixed.map((value) => value.toString(16).padStart(2, '0')).join('')}`;
}

const STEPS = 16; // shades of a scale
function shades() {
  if (colour.groups.length) return world.palette;
  const ramp = world.ramp[dark() ? 'dark' : 'light'];
  return Array.from({ length: STEPS }, (_, step) => mix(ramp, step / (STEPS - 1)));
}

function binOf(value) {
  if (colour.groups.length) return Math.min(value, world.palette.length - 1);
  return Math.round(Math.min(Math.max((value - colour.low) / (colour.high - colour.low), 0), 1) * (STEPS - 1));
}

// Points are written into the pixels one by one: with software rendering that is many times quicker than drawing
// thousands of arcs or stamps. A mask holds the coverage of a disc's pixels, one mask for each quarter of a pixel.
const QUARTERS = 4;

function maskOf(radius, right, down, alpha) {
  const reach = Math.ceil(radius + 1), pixels = [];
  for (let dy = -reach; dy <= reach; dy++) {
    for (let dx = -reach; dx <= reach; dx++) {
      const cover = Math.min(Math.max(radius + 0.5 - Math.hypot(dx + 0.5 - right, dy + 0.5 - down), 0), 1);
      if (cover > 0.02) pixels.push([dx, dy, Math.round(255 * alpha * cover)]);
    }
  }
  return pixels;
}

function masksOf(panel, radius, alpha) {
  return Array.from({ length: QUARTERS * QUARTERS }, (_, phase) => {
    const right = ((phase % QUARTERS) + 0.5) / QUARTERS, down = (Math.floor(phase / QUARTERS) + 0.5) / QUARTERS;
    const pixels = maskOf(radius, right, down, alpha);
    return { at: Int32Array.from(pixels, ([dx, dy]) => dy * panel.canvas.width + dx), cover: Uint8Array.from(pixels, (one) => one[2]) };
  });
}

function paint() {
  if (!world || !stage.size) return;
  const ratio = devicePixelRatio || 1;
  for (const panel of panels) {
    panel.image = null;
    if (!panel.canvas.width || !panel.canvas.height) continue; // not laid out yet: it paints again when it is
    panel.unit = unitOf(panel);
    const radius = Math.max(1.5, Math.min(3, panel.wide / 150)) * (world.shoppers.length > 3000 ? 0.8 : 1);
    panel.masks = masksOf(panel, radius * ratio, 0.85);
    panel.dimMasks = masksOf(panel, radius * ratio, 0.1);
    panel.image = panel.pen.createImageData(panel.canvas.width, panel.canvas.height);
    panel.pixels = new Uint32Array(panel.image.data.buffer); // little endian: 0xAABBGGRR
  }
  inks = shades().map(rgb);
  bins = Uint8Array.from(colour.of, binOf);
  draw(panels);
}

function stamp(pixels, mask, base, [red, green, blue]) {
  const { at: offsets, cover } = mask;
  for (let i = 0; i < offsets.length; i++) {
    const spot = base + offsets[i], under = pixels[spot], c = cover[i];
    if (under === 0) { pixels[spot] = (c << 24) | (blue << 16) | (green << 8) | red; continue; }
    const alpha = under >>> 24, r = under & 255, g = (under >> 8) & 255, b = (under >> 16) & 255;
    pixels[spot] = ((alpha + (((255 - alpha) * c) / 255)) << 24) | ((b + (((blue - b) * c) / 255)) << 16)
      | ((g + (((green - g) * c) / 255)) << 8) | (r + (((red - r) * c) / 255));
  }
}

// --- drawing

let due = null;
function draw(which) {
  if (!due) {
    due = new Set();
    requestAnimationFrame(() => { const now = due; due = null; for (const panel of now) render(panel); });
  }
  for (const panel of which) due.add(panel);
}

function render(panel) {
  if (!world || !panel.size || !panel.image) return;
  const { pen, pixels } = panel, place = [0, 0], ratio = devicePixelRatio || 1, count = world.shoppers.length;
  pixels.fill(0);
  for (const dim of shown === null ? [false] : [true, false]) {
    const masks = dim ? panel.dimMasks : panel.masks;
    for (let row = 0; row < count; row++) {
      if (shown !== null && (bins[row] === shown) === dim) continue;
      at(panel, row, place);
      const right = x(panel, place) * ratio, down = y(panel, place) * ratio, column = Math.floor(right), line = Math.floor(down);
      const phase = Math.floor((down - line) * QUARTERS) * QUARTERS + Math.floor((right - column) * QUARTERS);
      stamp(pixels, masks[phase], line * panel.canvas.width + column, inks[bins[row]]);
    }
  }
  pen.putImageData(panel.image, 0, 0);
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  if (opened) star(panel);
  const mine = yourPlace(panel);
  if (mine) mark(panel, mine, 6, style('--ink'), true);
  if (opened && opened.row !== 'you') mark(panel, at(panel, opened.row, place), 5, style('--accent'), true);
  if (hovered >= 0) mark(panel, at(panel, hovered, place), 5, style('--ink'), false);
}

// Lines from the opened shopper to the nearest of the panel's own space; the middle map shows those of its nearer end.
function star(panel) {
  const view = panel.name === 'stage' ? (t < 0.5 ? 'before' : 'after') : panel.name;
  const near = opened.near[view], from = opened.row === 'you' ? yourPlace(panel) : at(panel, opened.row, [0, 0]);
  if (!near || !from) return;
  const { pen } = panel, other = [0, 0];
  pen.strokeStyle = style('--ink');
  pen.lineWidth = 1;
  for (const row of near) {
    at(panel, row, other);
    pen.globalAlpha = 0.5;
    pen.beginPath();
    pen.moveTo(x(panel, from), y(panel, from));
    pen.lineTo(x(panel, other), y(panel, other));
    pen.stroke();
    pen.globalAlpha = 1;
    pen.beginPath();
    pen.arc(x(panel, other), y(panel, other), 4, 0, 7);
    pen.stroke();
  }
}

function mark(panel, place, radius, ink, full) {
  const { pen } = panel;
  pen.beginPath();
  pen.arc(x(panel, place), y(panel, place), radius, 0, 7);
  pen.lineWidth = 2;
  pen.strokeStyle = full ? style('--sheet') : ink;
  pen.fillStyle = ink;
  if (full) pen.fill();
  pen.stroke();
  if (full) { pen.beginPath(); pen.arc(x(panel, place), y(panel, place), radius + 3, 0, 7); pen.strokeStyle = ink; pen.lineWidth = 1.5; pen.stroke(); }
}
