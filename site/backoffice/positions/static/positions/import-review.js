/* The review of an import saves itself while one types, and jumps from one doubtful part to the next. Without script
   the buttons "Save the review" and the links between doubtful parts do the same. */

const PAUSE = 1500;
const RETRY = 8000;

const form = document.querySelector("form[data-review]");
const state = form?.querySelector("[data-review-state]");

let timer = 0;
let leaving = false;
let running = null;

async function save() {
  clearTimeout(timer);
  if (leaving || running) return;
  const data = new FormData(form);
  data.set("change", "save");
  state.textContent = form.dataset.saving;
  try {
    running = fetch(form.action, { method: "POST", body: data, headers: { "X-Requested-With": "XMLHttpRequest" } });
    const response = await running;
    if (response.status !== 200 && response.status !== 409) throw new Error(String(response.status));
    const json = await response.json();
    state.textContent = json.told;
    state.classList.toggle("remit-review__state--overtaken", response.status === 409);
    if (response.status === 409) {
      leaving = true; // what somebody else did is shown when the page is loaded anew; nothing is sent over it
      return;
    }
    form.elements.version.value = json.version;
  } catch {
    state.textContent = form.dataset.failed;
    timer = setTimeout(save, RETRY);
  } finally {
    running = null;
  }
}

function next(link) {
  const target = document.querySelector(link.getAttribute("href")) ?? document.getElementById("doubt-1");
  if (!target) return;
  for (let one = target.closest("details"); one; one = one.parentElement.closest("details")) one.open = true;
  target.scrollIntoView({ block: "center" });
  target.focus({ preventScroll: true });
}

if (form) {
  form.addEventListener("input", (event) => {
    if (event.target.matches(".remit-review__only")) {
      if (event.target.checked) for (const unit of form.querySelectorAll("details")) unit.open = unit.querySelector(".remit-parts__doubt") !== null;
      return;
    }
    clearTimeout(timer);
    timer = setTimeout(save, PAUSE);
  });
  form.addEventListener("submit", () => {
    leaving = true;
    clearTimeout(timer);
  });
  window.addEventListener("pageshow", () => { leaving = false; });
  form.addEventListener("click", (event) => {
    const link = event.target.closest("[data-next-doubt]");
    if (!link) return;
    event.preventDefault();
    next(link);
  });
}
