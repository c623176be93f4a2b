// How many new items: the lists follow the slider while it moves, a few times a second, and end where it stops.
const PACE = 120; // milliseconds between two questions
let waiting = null;

function ask(slider) {
  waiting = null;
  trigger('new_items', { value: Number(slider.value) });
}

element.addEventListener('input', (input) => {
  const slider = input.target;
  const value = Number(slider.value);
  const { middle, less, more } = slider.dataset;
  slider.setAttribute('aria-valuetext', value ? `${Math.abs(value)} ${value < 0 ? less : more}` : middle);
  if (!waiting) waiting = setTimeout(() => ask(slider), PACE);
});

element.addEventListener('dblclick', (click) => { // back to the middle
  if (click.target.type !== 'range') return;
  click.target.value = 0;
  click.target.dispatchEvent(new Event('input', { bubbles: true }));
});
