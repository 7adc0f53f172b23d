/* Tables and lists one adds rows to: a button for one more row. Without script a blank row always waits at the end,
   and another comes with "Update the form". */

const WIRED = "gridWired";

function next(grid) {
  const rows = [...grid.querySelectorAll("[data-grid-row]")];
  const last = rows.at(-1);
  const fresh = last.cloneNode(true);
  const number = Math.max(...rows.map((row) => Number(/~(\d+)\./.exec(row.querySelector("[name]").name)?.[1] ?? 0))) + 1;
  for (const control of fresh.querySelectorAll("[name]")) {
    const before = control.name;
    control.name = before.replace(/~\d+\./, `~${number}.`);
    control.id = control.id.replace(/~\d+\./, `~${number}.`);
    if (control.type === "checkbox") control.checked = false;
    else control.value = "";
    const spoken = control.getAttribute("aria-label");
    if (spoken) control.setAttribute("aria-label", spoken.replace(/\d+/, rows.length + 1));
  }
  last.after(fresh);
  return fresh;
}

function wire(grid) {
  if (grid.dataset[WIRED]) return;
  grid.dataset[WIRED] = "yes";
  const button = grid.querySelector("[data-grid-add]");
  if (!button) return;
  const most = Number(grid.dataset.most);
  const full = () => grid.querySelectorAll("[data-grid-row]").length >= most;
  button.hidden = full();
  button.addEventListener("click", () => {
    next(grid).querySelector("[name]").focus();
    button.hidden = full();
  });
}

function wireAll() {
  document.querySelectorAll("[data-grid]").forEach(wire);
}

wireAll();
new MutationObserver(wireAll).observe(document.body, { childList: true, subtree: true });
