// What the visitor does with the maps; map_draw.js, which stands before this in one function, holds the state and draws.

let awaited = 0; // the latest shopper asked for: an answer that comes late is dropped

// What is seen to happen is only read aloud; what is not, such as a failure, is also shown.
function tell(text, seen = false) {
  live.textContent = text;
  live.classList.toggle('unseen', !seen);
}

// --- morph

function go(to, spoken) {
  t = Math.min(Math.max(to, 0), 1);
  slider.value = Math.round(100 * t);
  const caption = stage.figure.querySelector('figcaption'), said = caption.dataset;
  const text = t === 0 ? said.before : t === 1 ? said.after : said.between.replace('PERCENT', Math.min(Math.max(Math.round(100 * t), 1), 99));
  if (caption.textContent !== text) { caption.textContent = text; stage.canvas.setAttribute('aria-label', text); }
  slider.setAttribute('aria-valuetext', text);
  if (spoken) tell(text);
  draw([stage]);
}

function stop() {
  cancelAnimationFrame(playing);
  playing = 0;
  play.firstElementChild.textContent = '▶';
}

function start() {
  const from = t === 1 ? 0 : t;
  if (still.matches) return go(from === t ? 1 : 0, true);
  let begun = null;
  play.firstElementChild.textContent = '❚❚';
  const step = (now) => {
    begun ??= now;
    const reached = from + (now - begun) / TRAVEL;
    go(reached, reached >= 1);
    if (reached < 1) playing = requestAnimationFrame(step); else stop();
  };
  playing = requestAnimationFrame(step);
}

play.addEventListener('click', () => (playing ? stop() : start()));
slider.addEventListener('input', () => { stop(); go(slider.value / 100, false); });
slider.addEventListener('change', () => go(slider.value / 100, true));

// Arrow keys travel wherever the keyboard is on these maps, or nowhere at all.
const keys = { ArrowLeft: () => t - 0.1, ArrowRight: () => t + 0.1, Home: () => 0, End: () => 1 };
function key(press) {
  const focus = document.activeElement;
  const nowhere = !focus || focus === document.body, here = element.contains(focus) && !inspector.contains(focus);
  if (!element.isConnected) return document.removeEventListener('keydown', key);
  if (!stage.canvas.offsetParent || !(nowhere || here) || press.altKey || press.ctrlKey || press.metaKey) return;
  if (!keys[press.key] || (focus !== slider && focus?.matches('select, input'))) return;
  if (nowhere && !press.key.startsWith('Arrow')) return;
  press.preventDefault();
  stop();
  go(Math.round(100 * keys[press.key]()) / 100, true);
}
document.addEventListener('keydown', key);

// --- pointing and opening

function under(panel, event) {
  const box = panel.canvas.getBoundingClientRect(), place = [0, 0];
  const far = (spot) => Math.hypot(x(panel, spot) - (event.clientX - box.left), y(panel, spot) - (event.clientY - box.top));
  const mine = yourPlace(panel);
  if (mine && far(mine) < 9) return 'you';
  let best = -1, least = REACH;
  for (let row = 0; row < world.shoppers.length; row++) {
    if (shown !== null && bins[row] !== shown) continue;
    const distance = far(at(panel, row, place));
    if (distance < least) { best = row; least = distance; }
  }
  return best;
}

const made = (tag, text) => Object.assign(document.createElement(tag), { textContent: text });

function describe(row, event) {
  const told = world.colours.filter((one) => one.groups.length).map((one) => one.groups[one.of[row]]);
  const line = made('span', `${[...told, `${world.length[row]} ${tip.dataset.items}`].join(' · ')}`);
  const strip = document.createElement('div');
  for (const item of world.last[row]) strip.append(Object.assign(new Image(), { src: url(item), alt: '' }));
  tip.replaceChildren(made('b', world.shoppers[row]), line, strip);
  tip.dataset.shopper = row;
  tip.hidden = false;
  follow(event);
}

function follow(event) {
  const { width, height } = tip.getBoundingClientRect();
  tip.style.left = `${Math.max(4, Math.min(event.clientX + 16, innerWidth - width - 8))}px`;
  tip.style.top = `${event.clientY + 18 + height > innerHeight ? event.clientY - height - 14 : event.clientY + 18}px`;
}

for (const panel of panels) {
  panel.canvas.addEventListener('pointermove', (event) => {
    if (!world || event.pointerType === 'touch') return;
    const row = under(panel, event);
    if (row === hovered) { if (row >= 0) follow(event); return; }
    hovered = row === 'you' ? -1 : row;
    if (hovered >= 0) describe(hovered, event); else tip.hidden = true;
    draw(panels);
  });
  panel.canvas.addEventListener('pointerleave', () => { hovered = -1; tip.hidden = true; draw(panels); });
  panel.canvas.addEventListener('click', (event) => {
    const row = world ? under(panel, event) : -1;
    if (row === 'you') openYou(); else if (row >= 0) openShopper(row);
  });
}

function reveal(answer, row) {
  opened = { row, near: answer.near };
  inspector.innerHTML = answer.html; // made and escaped by app/tabs/alignment/inspector.html
  inspector.dataset.shopper = row;
  youButton.setAttribute('aria-pressed', row === 'you');
  draw(panels);
}

async function openShopper(row) {
  const turn = ++awaited;
  let answer = null;
  try { answer = await server.open_shopper(row); } catch { /* told below */ }
  if (turn !== awaited) return;
  if (!answer) return tell(live.dataset.failed, true);
  const focused = inspector.contains(document.activeElement);
  reveal(answer, row);
  tell(live.dataset.opened + inspector.querySelector('h2').textContent);
  if (focused) { inspector.tabIndex = -1; inspector.focus({ preventScroll: true }); }
  // The maps stay in sight: only as far as the history.
  inspector.querySelector('.past').scrollIntoView({ block: 'nearest', behavior: still.matches ? 'auto' : 'smooth' });
}

function openYou() {
  awaited++;
  if (!you()) return;
  reveal(you(), 'you');
  tell(live.dataset.opened + inspector.querySelector('h2').textContent);
}

youButton.addEventListener('click', openYou);
inspector.addEventListener('click', (click) => {
  const button = click.target.closest('[data-shopper]');
  if (button && button !== inspector) openShopper(Number(button.dataset.shopper));
});
find('.find').addEventListener('submit', (submit) => {
  submit.preventDefault();
  const wanted = submit.target.querySelector('input').value.trim(), row = world ? world.shoppers.indexOf(wanted) : -1;
  if (row >= 0) openShopper(row); else tell(live.dataset.unknown.replace('ID', () => wanted), true);
});

// --- colours to choose, and what they mean

function colourBy(place) {
  colour = world.colours[place];
  shown = null;
  legend.replaceChildren();
  const last = world.palette.length - 1;
  if (!colour.groups.length) {
    const bar = Object.assign(document.createElement('i'), { className: 'scale' });
    legend.append(made('span', colour.ends[0]), bar, made('span', colour.ends[1]));
  }
  const names = colour.groups.length > last + 1 ? [...colour.groups.slice(0, last), tip.dataset.other] : colour.groups;
  names.forEach((name, group) => {
    const button = made('button', ''), dot = document.createElement('i');
    dot.style.background = world.palette[group];
    button.type = 'button';
    button.setAttribute('aria-pressed', false);
    button.append(dot, name);
    button.addEventListener('click', () => {
      shown = shown === group ? null : group;
      [...legend.children].forEach((one, i) => one.setAttribute('aria-pressed', shown === i));
      draw(panels);
    });
    legend.append(button);
  });
  dye();
}

// The shades of a scale follow the theme; whatever was chosen in the legend stays.
function dye() {
  const bar = legend.querySelector('.scale');
  if (bar) bar.style.background = `linear-gradient(90deg, ${shades().join(', ')})`;
  paint();
}
choice.addEventListener('change', () => colourBy(choice.selectedIndex));

// --- taking the maps away

const query = () => {
  const parts = Object.entries(you()?.points || {}).map(([view, place]) => [view, place.map((one) => one.toFixed(4)).join()]);
  return new URLSearchParams([['colour', colour.key], ...parts]);
};

function download(href, name) {
  const link = Object.assign(document.createElement('a'), { href, download: name });
  document.body.append(link);
  link.click();
  link.remove();
}

let plotly = null;
async function picture() {
  plotly ??= new Promise((done, failed) => {
    const script = Object.assign(document.createElement('script'), { src: 'maps/plotly.js', onload: done, onerror: failed });
    document.head.append(script);
  });
  await plotly;
  const figure = await (await fetch(`maps/figure.json?${query()}`)).json();
  download(await Plotly.toImage(figure, { format: 'png', width: 1500, height: figure.layout.height, scale: 2 }), 'maps.png');
}

for (const button of element.querySelectorAll('[data-save]')) {
  button.addEventListener('click', async () => {
    if (!world) return;
    tell(live.dataset.working, true);
    try {
      if (button.dataset.save === 'png') await picture(); else download(`maps/figure.html?${query()}`, 'maps.html');
      tell('');
    } catch { plotly = null; tell(live.dataset.failed, true); }
  });
}

// --- beginning

async function load() {
  asked = true;
  try {
    const told = await (await fetch(find('.panels').dataset.shoppers)).json();
    for (const view of Object.keys(told.places)) told.places[view] = Float32Array.from(told.places[view], (one) => one / 1000);
    world = told;
  } catch { asked = false; return tell(live.dataset.failed, true); }
  choice.replaceChildren(...world.colours.map((one) => made('option', one.label)));
  find('.find input').placeholder = tip.dataset.example.replace('ID', world.shoppers[0]);
  element.dataset.ready = world.shoppers.length;
  colourBy(0);
}

function settle() {
  youButton.hidden = !you();
  if (you() && (!opened || opened.row === 'you')) reveal(you(), 'you');
  if (!you() && props.value && (!opened || opened.row === 'you')) {
    opened = null;
    inspector.innerHTML = props.value.html;
    inspector.dataset.shopper = '';
  }
  draw(panels);
}

const resized = new ResizeObserver(() => {
  if (!stage.canvas.clientWidth) return; // the tab is closed
  const ratio = devicePixelRatio || 1;
  for (const panel of panels) {
    panel.wide = panel.canvas.clientWidth;
    panel.size = panel.canvas.clientHeight;
    panel.canvas.width = Math.round(panel.wide * ratio);
    panel.canvas.height = Math.round(panel.size * ratio);
  }
  if (!asked) load(); else paint();
});
for (const panel of panels) resized.observe(panel.canvas);
new MutationObserver(() => { if (world) dye(); })
  .observe(document.body, { attributes: true, attributeFilter: ['class'] });
watch('value', settle);
settle();
