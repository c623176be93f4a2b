// A panel shows HTML made by Python and sends one event for each button in it: the button's data-act, with its item number.
const events = [
  'pick', 'drop', 'clear', 'undo', 'move', 'more', 'persona', 'surprise', 'filter', 'new_items', // recommend
  'guess', 'next', // quiz
  'similar', 'go_on', 'resume', 'stop', 'forget', // catalogue
];
let focused = null; // where the keyboard was, to put it back after the panel is drawn again
let length = element.querySelectorAll('[data-selected]').length;

// Within its tab, a card shows whether its item is selected; items beyond what is usable wait, greyed out.
function markCards() {
  const tab = element.closest('[role=tabpanel]') || document;
  const selected = new Set([...tab.querySelectorAll('[data-selected]')].map((item) => item.dataset.selected));
  const usable = Number(tab.querySelector('[data-usable]')?.dataset.usable ?? Infinity);
  for (const card of tab.querySelectorAll('.card[data-act=pick]')) {
    card.setAttribute('aria-pressed', selected.has(card.dataset.n));
    card.toggleAttribute('disabled', Number(card.dataset.n) > usable);
  }
}

function showNewest() { // of the selected items, which stand in a line that may be longer than the screen
  const now = element.querySelectorAll('[data-selected]').length;
  const line = element.querySelector('.selected-items');
  if (line && now > length) line.scrollLeft = line.scrollWidth;
  length = now;
}

// One polite line for screen readers: it must stay in the page while its text changes, so it lies outside of all panels.
function say(text) {
  let line = document.getElementById('said');
  if (!line) {
    line = Object.assign(document.createElement('p'), { id: 'said', className: 'unseen' });
    line.setAttribute('role', 'status');
    (document.querySelector('.gradio-container main') || document.body).append(line);
  }
  line.textContent = text;
}

const controls = () => [...element.querySelectorAll('[data-act], .handle')];
function remember(control) {
  focused = { place: controls().indexOf(control), n: control.dataset.n, act: control.dataset.act };
}

const here = { // what needs no server
  theme: () => document.body.classList.toggle('dark'),
  list: (button) => button.setAttribute('aria-pressed', document.body.classList.toggle('as-list')),
};

element.addEventListener('click', (click) => {
  const button = click.target.closest('button[data-act]');
  if (!button) return;
  const act = button.dataset.act;
  if (here[act]) return here[act](button);
  remember(button);
  if (act === 'pick') button.setAttribute('aria-pressed', button.getAttribute('aria-pressed') !== 'true');
  if (events.includes(act)) trigger(act, { number: Number(button.dataset.n || 0), to: Number(button.dataset.to || 0) });
});

element.addEventListener('change', (change) => {
  if (change.target.dataset.act !== 'filter') return;
  const chosen = [...element.querySelectorAll('select')].filter((one) => one.value);
  trigger('filter', { chosen: Object.fromEntries(chosen.map((one) => [one.dataset.column, one.value])) });
});

// Arrow keys walk through a grid of cards; Tab does too, one by one.
element.addEventListener('keydown', (key) => {
  const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 0, ArrowUp: 0 }[key.key];
  const card = key.target.closest('.card');
  if (step === undefined || !card || key.altKey || key.ctrlKey || key.metaKey) return;
  const cards = [...card.closest('ul, ol').querySelectorAll('.card')];
  const columns = new Set(cards.map((one) => Math.round(one.getBoundingClientRect().left))).size;
  const to = cards.indexOf(card) + (step || (key.key === 'ArrowDown' ? columns : -columns));
  if (cards[to]) {
    cards[to].focus();
    key.preventDefault();
  }
});

watch('value', () => {
  // Lost with what it stood on, or left on another item where the old elements were filled again.
  const active = document.activeElement;
  if (focused && (!active || active === document.body || element.contains(active))) {
    const all = controls();
    const same = all.find((one) => focused.n !== undefined && one.dataset.n === focused.n && one.dataset.act === focused.act);
    (same && !same.disabled ? same : all[Math.min(focused.place, all.length - 1)])?.focus({ preventScroll: true });
  }
  focused = null;
  const said = element.querySelector('[data-said]')?.dataset.said;
  if (said) say(said);
  showNewest();
  markCards();
});
markCards();
