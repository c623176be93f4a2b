// The Evidence tab: copies a command, and keeps the keyboard on the choice that was changed.
let changed = null;

here.copy_line = async (button) => {
  const command = button.parentElement.querySelector('code').textContent;
  const label = button.textContent;
  try {
    await navigator.clipboard.writeText(command);
    button.textContent = button.dataset.done;
    setTimeout(() => { button.textContent = label; }, 2000);
  } catch {
    window.getSelection().selectAllChildren(button.parentElement.querySelector('code')); // no clipboard without https
  }
};

element.addEventListener('change', (change) => { changed = change.target.dataset.column || null; });
watch('value', () => {
  if (changed) element.querySelector(`select[data-column=${changed}]`)?.focus({ preventScroll: true });
  changed = null;
});
