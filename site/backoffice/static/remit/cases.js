/* The list of cases: ticking all of a page, how many are ticked, and the keys x and o on the row one is on.
   Without it the boxes and the buttons below them do the same. */

const form = document.querySelector("form[data-picking]");
const picks = form ? [...form.querySelectorAll("[data-pick]")] : [];

if (form) {
  const every = form.querySelector("[data-every]");
  const all = every.querySelector("input");
  const whole = form.querySelector("input[name=every]");
  const bar = form.querySelector(".action-bar");
  const count = form.querySelector("[data-picked]");

  const tell = () => {
    const ticked = picks.filter((one) => one.checked).length;
    all.checked = ticked > 0 && ticked === picks.length;
    all.indeterminate = ticked > 0 && !all.checked;
    count.firstElementChild.textContent = String(ticked);
    bar.classList.toggle("action-bar--idle", !ticked && !whole?.checked);
    for (const one of picks) one.closest("tr").toggleAttribute("data-picked-row", one.checked);
  };

  every.hidden = picks.length < 2;
  count.hidden = false;
  all.addEventListener("change", () => {
    for (const one of picks) one.checked = all.checked;
    tell();
  });
  form.addEventListener("change", tell);
  window.addEventListener("pageshow", tell);
  tell();
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (document.querySelector("dialog[open]")) return;
  const at = event.target;
  if (at.closest("textarea, select, [contenteditable], input:not([type=checkbox])")) return;
  const row = at.closest("tr[data-row]");
  if (!row) return;
  if (event.key === "x") {
    row.querySelector("[data-pick]")?.click();
  } else if (event.key === "o") {
    row.querySelector("th a")?.click();
  }
});
