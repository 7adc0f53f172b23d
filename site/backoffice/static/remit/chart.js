/* The organisation chart: size, moving, folding at once, finding while typing. Without script the drawing scrolls, and
   folding, finding and levels are links and a form that do the same. */

const SMALLEST = 0.15;
const LARGEST = 3;
const READABLE = 0.7;
const STEP = 1.25;

let scale = 1;
let natural = { width: 0, height: 0 };

const view = () => document.querySelector("[data-chart-view]");
const drawing = () => view()?.querySelector("svg");
const clamp = (value) => Math.min(LARGEST, Math.max(SMALLEST, value));

function measure() {
  const box = drawing().viewBox.baseVal;
  natural = { width: box.width, height: box.height };
}

function setScale(wanted, at) {
  const box = view();
  const next = clamp(wanted);
  const frame = box.getBoundingClientRect();
  const before = drawing().getBoundingClientRect();
  const point = at || { x: frame.left + box.clientWidth / 2, y: frame.top + box.clientHeight / 2 };
  const share = { x: (point.x - before.left) / before.width, y: (point.y - before.top) / before.height };
  const changed = Math.abs(next - scale) > 0.001;
  scale = next;
  drawing().setAttribute("width", String(natural.width * scale));
  drawing().setAttribute("height", String(natural.height * scale));
  const after = drawing().getBoundingClientRect();
  box.scrollLeft += after.left + share.x * after.width - point.x;
  box.scrollTop += after.top + share.y * after.height - point.y;
  const told = document.querySelector(".chart-scale");
  if (told) told.value = `${Math.round(scale * 100)}%`;
  return changed;
}

function fit() {
  setScale(Math.min(1, view().clientWidth / natural.width));
}

function card(code) {
  return view()?.querySelector(`.chart-card[data-code="${CSS.escape(code)}"]`);
}

function bring(element) {
  const box = view().getBoundingClientRect();
  const place = element.getBoundingClientRect();
  view().scrollLeft += place.left + place.width / 2 - box.left - box.width / 2;
  view().scrollTop += place.top + place.height / 2 - box.top - box.height / 2;
}

function start() {
  if (!drawing()) return;
  measure();
  document.querySelector("[data-chart-zoom]").hidden = false;
  const first = document.querySelector(".chart-card--hit") || document.querySelector(".chart-card");
  const wanted = Math.min(1, view().clientWidth / natural.width);
  setScale(Math.max(wanted, READABLE));
  if (view().clientWidth && first) bring(first);
  if (!document.querySelector(".chart-card--hit")) view().scrollTop = 0;
}

/* --- size --------------------------------------------------------------------------------------------------- */

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-zoom]");
  if (!button) return;
  if (button.dataset.zoom === "fit") fit();
  else setScale(button.dataset.zoom === "in" ? scale * STEP : scale / STEP);
});

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || !drawing() || event.target !== view()) return;
  if (event.key === "+" || event.key === "=") setScale(scale * STEP);
  else if (event.key === "-" || event.key === "_") setScale(scale / STEP);
  else if (event.key === "0") fit();
  else return;
  event.preventDefault();
});

document.addEventListener(
  "wheel",
  (event) => {
    if (!event.target.closest?.("[data-chart-view]") || event.shiftKey) return;
    // At its smallest or largest the wheel goes on to the page.
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
    const factor = Math.exp(-Math.max(-60, Math.min(60, event.deltaY * lines)) * 0.003);
    if (setScale(scale * factor, { x: event.clientX, y: event.clientY }) || event.ctrlKey) event.preventDefault();
  },
  { passive: false },
);

let pinch = null;
const spread = (touches) => Math.hypot(touches[0].clientX - touches[1].clientX, touches[0].clientY - touches[1].clientY);
document.addEventListener("touchstart", (event) => {
  pinch = event.touches.length === 2 && event.target.closest("[data-chart-view]") ? { from: spread(event.touches), scale } : null;
}, { passive: true });
document.addEventListener(
  "touchmove",
  (event) => {
    if (!pinch || event.touches.length !== 2) return;
    event.preventDefault();
    const [one, other] = event.touches;
    const middle = { x: (one.clientX + other.clientX) / 2, y: (one.clientY + other.clientY) / 2 };
    setScale((pinch.scale * spread(event.touches)) / pinch.from, middle);
  },
  { passive: false },
);
document.addEventListener("touchend", () => { pinch = null; }, { passive: true });

/* --- moving: a mouse drags, fingers and arrow keys scroll anyway -------------------------------------------- */

let drag = null;
let dragged = false;
document.addEventListener("pointerdown", (event) => {
  if (event.pointerType !== "mouse" || event.button !== 0 || !event.target.closest("[data-chart-view]")) return;
  drag = { x: event.clientX, y: event.clientY, left: view().scrollLeft, top: view().scrollTop, moved: false };
});
document.addEventListener("pointermove", (event) => {
  if (!drag) return;
  const [right, down] = [event.clientX - drag.x, event.clientY - drag.y];
  if (!drag.moved && Math.hypot(right, down) < 5) return;
  drag.moved = true;
  view().dataset.panning = "1";
  view().scrollLeft = drag.left - right;
  view().scrollTop = drag.top - down;
});
document.addEventListener("pointerup", () => {
  if (!drag) return;
  dragged = drag.moved;
  drag = null;
  delete view()?.dataset.panning;
});
/* The click that ends a drag opens nothing. */
document.addEventListener("click", (event) => {
  if (dragged && event.target.closest("[data-chart-view]")) {
    event.preventDefault();
    event.stopImmediatePropagation();
  }
  dragged = false;
}, { capture: true });
document.addEventListener("dragstart", (event) => {
  if (event.target.closest?.("[data-chart-view]")) event.preventDefault();
});

/* --- folding: what hangs below goes at once, the new drawing follows ----------------------------------------- */

function below(code) {
  const item = document.querySelector(`.outline__item[data-code="${CSS.escape(code)}"]`);
  return [...(item?.querySelectorAll(".outline__item") || [])].map((one) => one.dataset.code);
}

function hide(code) {
  const codes = new Set(below(code));
  for (const element of view().querySelectorAll("[data-code], path[data-below], .chart-toggle")) {
    const own = element.dataset.code || element.dataset.below || element.dataset.fold;
    if (codes.has(own) || codes.has(element.dataset.other)) element.classList.add("chart-gone");
  }
  document.querySelector(`.outline__item[data-code="${CSS.escape(code)}"] > ul`)?.setAttribute("hidden", "");
}

let asked = 0;
async function load(address, code, focus) {
  const turn = ++asked;
  const target = address.split("#")[0] || location.pathname;
  let page;
  try {
    const answer = await fetch(target);
    if (!answer.ok) throw new Error(String(answer.status));
    page = new DOMParser().parseFromString(await answer.text(), "text/html");
  } catch {
    location.assign(address);
    return;
  }
  const fresh = page.getElementById("chart");
  if (turn !== asked) return;
  if (!fresh) {
    location.assign(address);
    return;
  }
  const before = code && card(code)?.getBoundingClientRect();
  document.getElementById("chart").replaceWith(fresh);
  history.replaceState(null, "", target);
  measure();
  document.querySelector("[data-chart-zoom]").hidden = false;
  setScale(scale);
  const now = code && card(code)?.getBoundingClientRect();
  if (before && now) {
    view().scrollLeft += now.left - before.left;
    view().scrollTop += now.top - before.top;
  }
  find(false);
  if (focus) document.querySelector(`.outline__fold[data-fold="${CSS.escape(code)}"]`)?.focus({ preventScroll: true });
}

document.addEventListener("click", (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.defaultPrevented) return;
  const fold = event.target.closest("#chart [data-fold]");
  const part = event.target.closest("#chart [data-chart-part]");
  if (!fold && !part) return;
  event.preventDefault();
  const link = fold || part;
  const code = fold ? fold.dataset.fold : null;
  if (fold && below(code).length) hide(code);
  load(link.getAttribute("href"), code, Boolean(link.closest(".outline")));
});
document.addEventListener("keydown", (event) => {
  if (event.key === " " && event.target.matches?.(".outline__fold")) {
    event.preventDefault();
    event.target.click();
  }
});

/* --- finding: marks while typing, Enter goes from one to the next; what is folded away is asked of the server - */

let found = [];
let at = -1;
const field = document.querySelector("[data-chart-search] [data-search]");

function find(go) {
  if (!field) return;
  const words = field.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
  found = [];
  for (const item of document.querySelectorAll(".outline__item")) {
    const code = item.dataset.code;
    const text = `${code} ${item.querySelector(".outline__text").textContent}`.toLowerCase();
    const hit = words.length > 0 && words.every((word) => text.includes(word));
    item.classList.toggle("outline__item--hit", hit);
    card(code)?.classList.toggle("chart-card--hit", hit);
    if (hit) found.push(code);
  }
  at = -1;
  if (go && found.length) goTo(0);
}

function goTo(number) {
  at = number;
  show(found[at]);
}

function show(code) {
  for (const one of document.querySelectorAll(".chart-card--here")) one.classList.remove("chart-card--here");
  const element = card(code);
  if (element && view().clientWidth) {
    element.classList.add("chart-card--here");
    if (scale < READABLE) setScale(READABLE);
    bring(element);
  } else {
    document.getElementById(`post-${code}`)?.scrollIntoView({ block: "center" });
  }
}

field?.addEventListener("input", () => find(true));
field?.form.addEventListener("submit", (event) => {
  if (document.activeElement !== field || !found.length || at < 0) return;
  event.preventDefault();
  goTo((at + 1) % found.length);
});
document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-goto]");
  if (!link || !card(link.dataset.goto) || !view().clientWidth) return;
  event.preventDefault();
  show(link.dataset.goto);
  view().scrollIntoView({ block: "nearest" });
});
document.addEventListener("focusin", (event) => {
  const item = event.target.closest?.(".outline__item");
  if (item && event.target.matches(".outline__title a") && view()?.clientWidth) {
    for (const one of document.querySelectorAll(".chart-card--here")) one.classList.remove("chart-card--here");
    card(item.dataset.code)?.classList.add("chart-card--here");
  }
});

start();
