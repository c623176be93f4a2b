// Sends one event for each button: its data-act, with its item number. Cards beyond what is usable wait, greyed out.
const events = ['take', 'leave', 'none', 'similar', 'more', 'go_on', 'resume', 'stop', 'forget'];
let focused = null;

function mark() {
  const taken = new Set([...document.querySelectorAll('#own-picks [data-taken]')].map((one) => one.dataset.taken));
  const usable = Number(document.querySelector('#own-progress [data-usable]')?.dataset.usable ?? Infinity);
  for (const card of document.querySelectorAll('#own .card')) {
    card.setAttribute('aria-pressed', taken.has(card.dataset.own));
    card.toggleAttribute('disabled', Number(card.dataset.own) > usable);
  }
}

element.addEventListener('click', (click) => {
  const button = click.target.closest('button[data-act]');
  if (!button || !events.includes(button.dataset.act)) return;
  focused = [...element.querySelectorAll('[data-act]')].indexOf(button);
  if (button.dataset.act === 'take') button.setAttribute('aria-pressed', button.getAttribute('aria-pressed') !== 'true');
  trigger(button.dataset.act, { number: Number(button.dataset.own || 0) });
});

watch('value', () => {
  const lost = !document.activeElement || document.activeElement === document.body;
  const buttons = element.querySelectorAll('[data-act]');
  if (focused !== null && lost && buttons.length) buttons[Math.min(focused, buttons.length - 1)].focus({ preventScroll: true });
  focused = null;
  const strip = element.querySelector('.strip');
  if (strip) strip.scrollLeft = strip.scrollWidth;
  mark();
});
mark();
