// A board shows HTML made by Python and sends one event for each button in it: the button's data-act, with its item number.
const events = ['pick', 'drop', 'clear', 'restart', 'more'];
let focused = null; // where the keyboard was, to put it back after the board is drawn anew

function markPicked() {
  const picked = new Set([...document.querySelectorAll('[data-picked]')].map((pick) => pick.dataset.picked));
  for (const card of document.querySelectorAll('.card[data-n]')) {
    card.setAttribute('aria-pressed', picked.has(card.dataset.n));
  }
}

element.addEventListener('click', (click) => {
  const button = click.target.closest('[data-act]');
  if (!button) return;
  if (button.dataset.act === 'theme') {
    document.body.classList.toggle('dark');
    return;
  }
  focused = [...element.querySelectorAll('[data-act]')].indexOf(button);
  if (button.dataset.act === 'pick') button.setAttribute('aria-pressed', button.getAttribute('aria-pressed') !== 'true');
  if (events.includes(button.dataset.act)) trigger(button.dataset.act, { number: Number(button.dataset.n || 0) });
});

watch('value', () => {
  const lost = !document.activeElement || document.activeElement === document.body;
  if (focused !== null && lost) {
    const buttons = element.querySelectorAll('[data-act]');
    buttons[Math.min(focused, buttons.length - 1)]?.focus({ preventScroll: true });
  }
  focused = null;
  const strip = element.querySelector('.strip');
  if (strip) strip.scrollLeft = strip.scrollWidth;
  markPicked();
});
markPicked();
