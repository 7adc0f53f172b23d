/* The form builder saves by itself while one works. Every button is a button of a form: the same works without script.

   What is posted answers with the whole editor anew; its regions are put in place one by one, and what one is typing in
   is left as it is. */

const PAUSE = 900;
const RETRY = 8000;
const CHECK = 300;

let desk = document.querySelector("[data-studio]");
let timer = 0;
let checking = 0;
let running = Promise.resolve();
let touched = new Map(); // controls changed since the last post, by name and place
let dirty = false;
let query = { language: "", seed: "", empty: false };

const properties = () => desk.querySelector("[data-properties]");

function say(words, failed = false) {
  const state = desk.querySelector("[data-state]");
  state.textContent = words;
  state.classList.toggle("studio-state--failed", failed);
}

/* --- posting ---------------------------------------------------------------------------------------------------- */

function post(form, button = null, more = {}) {
  clearTimeout(timer);
  const job = async () => {
    // The form may have been put in place anew since the button was pressed.
    const here = form.isConnected ? form : desk.querySelector(form.matches("[data-properties]") ? "[data-properties]" : "[data-outline]");
    const own = here.matches("[data-properties]");
    const data = new FormData(here);
    if (button?.name) data.append(button.name, button.value);
    for (const [name, value] of Object.entries(more)) data.set(name, value);
    if (!own) data.set("opened", desk.dataset.version);
    if (own) {
      touched = new Map();
      dirty = false;
    }
    say(desk.dataset.saving);
    try {
      const response = await fetch(here.action, { method: "POST", body: data, headers: { "X-Requested-With": "XMLHttpRequest" } });
      if (!response.ok) {
        say(desk.dataset.refused, true);
        return;
      }
      place(await response.text(), { keep: own && !button?.dataset.fresh });
    } catch {
      say(desk.dataset.failed, true);
      dirty = true;
      timer = setTimeout(() => save(), RETRY);
    }
  };
  running = running.then(job, job);
  return running;
}

function save() {
  const form = properties();
  return form && dirty ? post(form) : running;
}

/* --- putting in place ------------------------------------------------------------------------------------------- */

function nameOf(control) {
  return control.id || (control.name ? `${control.name}=${control.value}` : control.dataset?.insert || "");
}

function place(html, { keep = true } = {}) {
  const fresh = new DOMParser().parseFromString(html, "text/html").querySelector("[data-studio]");
  if (!fresh) {
    location.reload();
    return;
  }
  const active = document.activeElement;
  const kept = active?.matches("[data-keep]") && desk.contains(active) ? active.value : null;
  const focus = active && desk.contains(active) ? { name: nameOf(active), from: active.selectionStart, to: active.selectionEnd } : null;
  const open = new Map([...desk.querySelectorAll("details[data-key]")].map((one) => [one.dataset.key, one.open]));
  const at = properties()?.elements.at.value;
  for (const region of desk.querySelectorAll("[data-region]")) {
    const other = fresh.querySelector(`[data-region="${region.dataset.region}"]`);
    const [mine, theirs] = [region, other].map((one) => one.querySelector('[name="at"]'));
    if (region.dataset.region === "palette" && mine && theirs) {
      mine.value = theirs.value;
    } else if (region.innerHTML !== other.innerHTML) {
      region.replaceChildren(...other.childNodes);
    }
  }
  desk.dataset.version = fresh.dataset.version;
  const same = properties()?.elements.at.value === at;
  for (const one of desk.querySelectorAll("details[data-key]")) {
    if (same && open.has(one.dataset.key)) one.open = one.open || open.get(one.dataset.key);
  }
  if (same && keep) {
    for (const [name, value] of touched) {
      const control = [...properties().elements].find((one) => nameOf(one) === name || one.name === name);
      if (control?.type === "checkbox" && nameOf(control) === name) control.checked = value;
      else if (control && control.type !== "checkbox" && control.type !== "hidden") control.value = value;
      dirty = true;
    }
  } else if (!same) {
    touched = new Map();
    dirty = false;
    history.replaceState(null, "", `?at=${encodeURIComponent(properties().elements.at.value)}`);
  }
  if (kept !== null && same) {
    // Lines that one is writing are not rewritten under one's hands; what they mean is kept all the same.
    const control = document.getElementById(focus.name);
    if (control) control.value = kept;
  }
  if (focus) {
    const control = [...desk.querySelectorAll("input, select, textarea, button, a")].find((one) => nameOf(one) === focus.name);
    if (control && document.activeElement !== control) {
      control.focus({ preventScroll: true });
      if (focus.from !== null && control.setSelectionRange && /^(text|search|textarea)$/.test(control.type)) {
        control.setSelectionRange(focus.from, focus.to);
      }
    } else if (!control && !same) {
      properties().querySelector("input[type=text]:not([readonly], [data-apart])")?.focus({ preventScroll: true });
    }
  }
  fold();
  find();
  reveal();
  show();
  if (dirty) timer = setTimeout(save, PAUSE);
}

/* --- preview ------------------------------------------------------------------------------------------------------ */

function show() {
  const frame = desk.querySelector("[data-frame]");
  if (!frame) return;
  const address = new URL(desk.querySelector("[data-preview]").dataset.preview, location.href);
  address.searchParams.set("at", properties().elements.at.value);
  address.searchParams.set("language", desk.querySelector("[data-language]").value);
  if (query.seed) address.searchParams.set("seed", query.seed);
  address.searchParams.set("v", desk.dataset.version);
  if (frame.src === address.href) return;
  const inner = frame.contentWindow;
  const top = inner?.scrollY ?? 0;
  frame.addEventListener("load", () => inner?.scrollTo(0, top), { once: true });
  // Not `src`: that would put every change into the history of the browser.
  if (inner) inner.location.replace(address.href);
  else frame.src = address.href;
}

function width(button) {
  const wide = button.dataset.width === "desktop";
  for (const one of desk.querySelectorAll("[data-width]")) one.setAttribute("aria-pressed", String(one === button));
  desk.querySelector("[data-frame]").classList.toggle("studio-frame--phone", !wide);
  desk.querySelector(".studio-columns").classList.toggle("studio-columns--wide", wide);
  desk.querySelector(".studio-side").classList.toggle("studio-side--wide", wide);
}

/* --- searching ---------------------------------------------------------------------------------------------------- */

function folded() {
  try {
    return new Set(JSON.parse(sessionStorage.getItem(`studio:${location.pathname}`) ?? "[]"));
  } catch {
    return new Set();
  }
}

/* What is folded stays so while one works, over every saving; what is selected is always in sight. */
function fold() {
  const names = folded();
  const items = [...desk.querySelectorAll("[data-outline] [data-thing]")].filter((one) => one.querySelector(":scope > [data-fold]"));
  for (const item of items) {
    const shut = names.has(item.dataset.thing) && !item.querySelector(":scope > ul [aria-current]");
    item.classList.toggle("studio-item--folded", shut);
    item.querySelector(":scope > [data-fold]").setAttribute("aria-expanded", String(!shut));
  }
  const pages = items.filter((one) => one.dataset.thing.startsWith("page:"));
  const all = pages.length > 0 && pages.every((one) => names.has(one.dataset.thing));
  desk.querySelector("[data-fold-all]")?.setAttribute("aria-pressed", String(all));
}

function refold(change) {
  const names = folded();
  change(names);
  sessionStorage.setItem(`studio:${location.pathname}`, JSON.stringify([...names]));
  fold();
}

function reveal() {
  const region = desk.querySelector(".studio-outline [data-region=outline]");
  const line = region?.querySelector("[aria-current]");
  if (!line || region.scrollHeight <= region.clientHeight) return;
  const place = line.getBoundingClientRect();
  const box = region.getBoundingClientRect();
  if (place.top < box.top || place.bottom > box.bottom) region.scrollTop += place.top - box.top - box.height / 3;
}

function find() {
  const words = (desk.querySelector("[data-find]")?.value ?? "").trim().toLowerCase();
  const items = [...desk.querySelectorAll("[data-outline] [data-thing]")];
  const none = desk.querySelector("[data-none]");
  none.hidden = true;
  for (const item of items) item.classList.remove("studio-hidden");
  desk.querySelector("[data-outline]").classList.toggle("studio-searched", Boolean(words));
  if (!words) return;
  for (const item of items.reverse()) {
    const inner = [...item.querySelectorAll("[data-thing]")].some((one) => !one.classList.contains("studio-hidden"));
    item.classList.toggle("studio-hidden", !item.dataset.words.includes(words) && !inner);
  }
  none.hidden = items.some((one) => !one.classList.contains("studio-hidden"));
}

function kinds(input) {
  const words = input.value.trim().toLowerCase();
  for (const one of desk.querySelectorAll(".studio-kinds li")) one.classList.toggle("studio-hidden", !one.dataset.words.includes(words));
}

/* --- leading to a fault -------------------------------------------------------------------------------------------- */

/* The address of a fault ends in the path of its property: there, or where that stands in, the first control gets the focus. */
function lead(address) {
  const mark = "#fault-";
  const hash = new URL(address, location.href).hash;
  const form = properties();
  if (!form || !hash.startsWith(mark)) return;
  const path = decodeURIComponent(hash.slice(mark.length));
  const holders = [...form.querySelectorAll("[data-path]")].filter(({ dataset }) => !dataset.path || path === dataset.path || path.startsWith(`${dataset.path}.`));
  const holder = holders.reduce((best, one) => (!best || one.dataset.path.length > best.dataset.path.length ? one : best), null);
  if (!holder) return;
  for (let one = holder.closest("details"); one; one = one.parentElement.closest("details")) one.open = true;
  const controls = "input:not([type=hidden]), select, textarea, button, summary";
  const control = holder.querySelector(":is(input, select, textarea)[aria-invalid=true]") ?? holder.querySelector(controls) ?? holder;
  control.focus({ preventScroll: true });
  (holder.offsetHeight < innerHeight ? holder : control).scrollIntoView({ block: "center" });
}

/* --- checking while one types ------------------------------------------------------------------------------------- */

async function check(control) {
  const data = new FormData();
  data.set("csrfmiddlewaretoken", properties().elements.csrfmiddlewaretoken.value);
  data.set("at", properties().elements.at.value);
  data.set("text", control.value);
  data.set("property", control.dataset.expression);
  const response = await fetch(desk.dataset.check, { method: "POST", body: data, headers: { "X-Requested-With": "XMLHttpRequest" } }).catch(() => null);
  if (!response?.ok) return;
  const { faults } = await response.json();
  const list = control.parentElement.querySelector("[data-faults]");
  list.replaceChildren(
    ...faults.map((fault) => {
      const line = document.createElement("p");
      line.className = "studio-fault studio-fault--error";
      const code = document.createElement("code");
      const mark = document.createElement("u");
      mark.textContent = fault.place;
      code.append(fault.before, mark, fault.after);
      line.append(code, fault.message);
      return line;
    }),
  );
}

/* --- lines of a tree ------------------------------------------------------------------------------------------------ */

function indent(control, further) {
  const from = control.value.lastIndexOf("\n", control.selectionStart - 1) + 1;
  let to = control.value.indexOf("\n", Math.max(control.selectionStart, control.selectionEnd - 1));
  if (to < 0) to = control.value.length;
  const lines = control.value.slice(from, to).split("\n");
  const moved = lines.map((line) => (further ? `  ${line}` : line.replace(/^(?: {1,2}|\t|\u3000)/, ""))).join("\n");
  control.focus();
  control.setRangeText(moved, from, to, "select");
  control.dispatchEvent(new Event("input", { bubbles: true }));
}

/* --- dragging ------------------------------------------------------------------------------------------------------ */

let dragged = null;

function target(event) {
  if (!dragged) return null;
  const sort = dragged.dataset.thing.split(":")[0];
  const item = event.target.closest("[data-thing]");
  if (!item || dragged.contains(item)) return null;
  const holder = item.parentElement.closest("[data-holds]");
  if (item.dataset.thing.startsWith(`${sort}:`) && item !== dragged && (sort === "page" || holder)) {
    const siblings = [...item.parentElement.children].filter((one) => one.dataset.thing?.startsWith(`${sort}:`) && one !== dragged);
    return { over: item, within: sort === "page" || sort === "rule" ? "form" : holder.dataset.holds, place: siblings.indexOf(item) + 1 };
  }
  const list = item.querySelector(":scope > [data-holds]");
  const fits = { field: "group:", group: "page:" }[sort];
  if (list && fits && list.dataset.holds.startsWith(fits)) return { over: item, within: list.dataset.holds, place: 0 };
  return null;
}

function unmark() {
  for (const one of desk.querySelectorAll(".studio-item--over")) one.classList.remove("studio-item--over");
}

/* --- listening ------------------------------------------------------------------------------------------------------ */

function changed(control) {
  if (!control.name || control.hasAttribute("data-apart")) return;
  dirty = true;
  touched.set(nameOf(control), control.type === "checkbox" ? control.checked : control.value);
}

if (desk) {
  desk.classList.add("studio-desk--live");
  fold();
  reveal();
  // After the browser has gone to the mark in the address by itself, which takes the focus away.
  window.addEventListener("load", () => setTimeout(() => lead(location.href)));
  desk.addEventListener("input", (event) => {
    const control = event.target;
    if (control.matches("[data-find]")) return find();
    if (control.matches("[data-kinds]")) return kinds(control);
    if (!control.closest("[data-properties]")) return undefined;
    changed(control);
    if (control.matches("[data-expression]")) {
      clearTimeout(checking);
      checking = setTimeout(() => check(control), CHECK);
    }
    clearTimeout(timer);
    timer = setTimeout(save, control.matches("select, [type=checkbox], [type=radio]") ? 0 : PAUSE);
    return undefined;
  });
  desk.addEventListener("change", (event) => {
    if (event.target.matches("[data-language]")) return show();
    if (event.target.closest("[data-properties]") && !event.target.hasAttribute("data-apart")) {
      clearTimeout(timer);
      timer = setTimeout(save, 0);
    }
    return undefined;
  });
  desk.addEventListener("focusout", (event) => {
    if (!event.target.matches("[data-keep]") || event.relatedTarget?.closest("[data-indent]")) return;
    dirty = true;
    clearTimeout(timer);
    timer = setTimeout(save, 0);
  });
  desk.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("form[method=post]")) return;
    event.preventDefault();
    const own = form.matches("[data-properties]");
    if (!own) save();
    if (event.submitter) event.submitter.dataset.fresh = own ? "" : "1";
    if (own) dirty = true;
    post(form, event.submitter);
  });
  desk.addEventListener("click", (event) => {
    const link = event.target.closest("[data-outline] a, .studio-problem a");
    if (link && !event.metaKey && !event.ctrlKey && event.button === 0) {
      event.preventDefault();
      go(link.href);
      return;
    }
    const insert = event.target.closest("[data-insert]");
    if (insert) {
      const control = insert.closest(".studio-field").querySelector("[data-expression]");
      control.setRangeText(insert.dataset.insert, control.selectionStart, control.selectionEnd, "end");
      control.dispatchEvent(new Event("input", { bubbles: true }));
      control.focus();
      return;
    }
    const toggle = event.target.closest("[data-fold]");
    if (toggle) {
      const name = toggle.closest("[data-thing]").dataset.thing;
      refold((names) => (toggle.getAttribute("aria-expanded") === "true" ? names.add(name) : names.delete(name)));
      return;
    }
    const all = event.target.closest("[data-fold-all]");
    if (all) {
      const pages = [...desk.querySelectorAll("[data-outline] [data-thing^='page:']")].map((one) => one.dataset.thing);
      refold((names) => pages.forEach((name) => (all.getAttribute("aria-pressed") === "true" ? names.delete(name) : names.add(name))));
      return;
    }
    const step = event.target.closest("[data-indent]");
    if (step) {
      indent(step.closest(".studio-field").querySelector("[data-keep]"), step.dataset.indent === "in");
      return;
    }
    const size = event.target.closest("[data-width]");
    if (size) width(size);
    if (event.target.closest("[data-sample]")) {
      query.seed = String(1 + Math.floor(Math.random() * 99999));
      show();
    }
    if (event.target.closest("[data-empty]")) {
      query.seed = "";
      show();
    }
  });
  desk.addEventListener("dragstart", (event) => {
    dragged = event.target.closest("[data-thing]");
    if (!dragged) return;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", dragged.dataset.thing);
  });
  desk.addEventListener("dragover", (event) => {
    const found = target(event);
    unmark();
    if (!found) return;
    event.preventDefault();
    found.over.classList.add("studio-item--over");
  });
  desk.addEventListener("dragend", () => {
    unmark();
    dragged = null;
  });
  desk.addEventListener("drop", (event) => {
    const found = target(event);
    unmark();
    if (!found) return;
    event.preventDefault();
    const moving = dragged.dataset.thing;
    dragged = null;
    save();
    post(desk.querySelector("[data-outline]"), null, { do: "move", moving, within: found.within, place: String(found.place) });
  });
  // Alt and an arrow move the selected thing, from the outline and from its properties.
  desk.addEventListener("keydown", (event) => {
    if (!event.altKey || !["ArrowUp", "ArrowDown"].includes(event.key)) return;
    const button = properties().querySelector(`[value="nudge:${event.key === "ArrowUp" ? "up" : "down"}"]`);
    if (!button) return;
    event.preventDefault();
    post(properties(), button);
  });
  window.addEventListener("online", () => save());
  window.addEventListener("beforeunload", (event) => {
    if (dirty) event.preventDefault();
  });
  window.addEventListener("popstate", () => go(location.href, false));
}

async function go(address, remember = true) {
  await save();
  await running;
  say(desk.dataset.saving);
  try {
    const response = await fetch(address, { headers: { "X-Requested-With": "XMLHttpRequest" } });
    if (!response.ok) throw new Error(String(response.status));
    const html = await response.text();
    if (remember) history.pushState(null, "", address);
    place(html, { keep: false });
    // On a narrow screen the properties stand below the outline.
    if (matchMedia("(max-width: 47.99rem)").matches) document.getElementById("studio-properties").scrollIntoView();
    lead(address);
  } catch {
    location.assign(address);
  }
}
