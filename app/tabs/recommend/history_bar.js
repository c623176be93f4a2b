// The history bar: reordering by drag and by arrow keys, removal by Delete, undo by Ctrl+Z, and the link that carries it.
let dragged = null;

function link() {
  const items = element.querySelector('[data-items]').dataset.items;
  const address = new URL(window.location.href);
  address.searchParams.delete('items');
  // Commas stay commas: an address should be readable.
  const rest = address.searchParams.toString();
  const query = [rest, items && `items=${items.split(',').map(encodeURIComponent).join(',')}`].filter(Boolean).join('&');
  return address.origin + address.pathname + (query ? `?${query}` : '') + address.hash;
}

here.copy = async (button) => {
  const said = button.textContent;
  try {
    await navigator.clipboard.writeText(link());
    button.textContent = button.dataset.done;
  } catch {
    window.prompt(said, link()); // no clipboard without https
  }
  setTimeout(() => { button.textContent = said; }, 2000);
};

function place(handle, to) {
  remember(handle);
  trigger('move', { number: Number(handle.dataset.n), to });
}

element.addEventListener('keydown', (key) => {
  const handle = key.target.closest('.handle');
  if (!handle || key.altKey || key.ctrlKey || key.metaKey) return;
  const at = Number(handle.dataset.place);
  const last = element.querySelectorAll('.selected-item').length - 1;
  const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: last }[key.key];
  if (key.key === 'Delete' || key.key === 'Backspace') {
    remember(handle);
    trigger('drop', { number: Number(handle.dataset.n) });
  } else if (to === undefined) return;
  else if (to >= 0 && to <= last && to !== at) place(handle, to);
  key.preventDefault();
});

document.addEventListener('keydown', (key) => {
  const writes = key.target.closest?.('input, textarea, select, [contenteditable]');
  if (key.key !== 'z' || !(key.ctrlKey || key.metaKey) || key.shiftKey || writes || !element.offsetParent) return;
  element.querySelector('[data-act=undo]:not([disabled])')?.click();
  key.preventDefault();
});

element.addEventListener('dragstart', (drag) => {
  dragged = drag.target.closest('.handle');
  if (!dragged) return;
  drag.dataTransfer.effectAllowed = 'move';
  drag.dataTransfer.setData('text/plain', dragged.dataset.n);
  dragged.closest('.selected-item').classList.add('dragged');
});
function target(drag) { // the item under the pointer, and whether the pointer is past its middle
  const item = drag.target.closest?.('.selected-item');
  if (!item) return null;
  const box = item.getBoundingClientRect();
  return { item, after: drag.clientX > box.left + box.width / 2 };
}
function unmark() {
  for (const one of element.querySelectorAll('.selected-item')) one.classList.remove('before', 'after');
}
element.addEventListener('dragover', (drag) => {
  if (!dragged) return;
  drag.preventDefault();
  unmark();
  const at = target(drag);
  if (at) at.item.classList.add(at.after ? 'after' : 'before');
});
element.addEventListener('drop', (drag) => {
  const at = dragged && target(drag);
  drag.preventDefault();
  unmark();
  if (!at) return;
  const from = Number(dragged.dataset.place);
  let to = Number(at.item.querySelector('.handle').dataset.place) + (at.after ? 1 : 0);
  if (to > from) to -= 1; // the item itself leaves its place first
  if (to !== from) place(dragged, to);
});
element.addEventListener('dragend', () => {
  element.querySelector('.dragged')?.classList.remove('dragged');
  unmark();
  dragged = null;
});

watch('value', () => {
  window.history.replaceState(window.history.state, '', link());
});
