/* A form that saves itself while one types, and whose conditional parts the server draws anew when an answer changes.
   Without script the same form works by its buttons: each saves, and "Update the form" draws it anew. */

const PAUSE = 1200; // ms without a key before what was typed is saved
const LONGEST = 10000; // ms of typing without a pause before it is saved all the same
const RETRY = 8000;
const LONGEST_WAIT = 30000; // for the answer to one save

const form = document.querySelector("form[data-fill]");
const state = form?.querySelector("[data-save-state]");

let timer = 0;
let changes = 0; // counted up by each change; what was saved up to is `saved`
let saved = 0;
let since = 0; // when the first change that is not saved was made
let running = null;
let leaving = false;

function say(words, how = "") {
  state.querySelector("[data-words]").textContent = words;
  state.classList.toggle("save-state--failed", how === "failed");
  state.classList.toggle("save-state--saved", how === "saved");
}

/* --- drawing anew: the control one is typing in, and everything typed, is left alone -------------------------- */

function setAttributes(control, fresh) {
  for (const name of ["aria-invalid", "aria-describedby", "aria-required"]) {
    const value = fresh.getAttribute(name);
    if (value === null) control.removeAttribute(name);
    else if (control.getAttribute(name) !== value) control.setAttribute(name, value);
  }
}

/* What stands in a control, as one text; "" for nothing. */
function typedInto(control) {
  return [...control.querySelectorAll("input, select, textarea")]
    .filter((one) => !one.disabled && (!["checkbox", "radio"].includes(one.type) || one.checked))
    .map((one) => one.value)
    .join("");
}

function updateField(field, fresh) {
  if (field.className !== fresh.className) field.className = fresh.className;
  for (const name of ["label", "help", "tally", "errors"]) {
    const [piece, other] = [field, fresh].map((one) => one.querySelector(`:scope > [data-piece="${name}"]`));
    if (piece.innerHTML !== other.innerHTML) piece.innerHTML = other.innerHTML;
  }
  const [control, other] = [field, fresh].map((one) => one.querySelector(':scope > [data-piece="control"]'));
  const untouched = saved === changes && !control.contains(document.activeElement);
  // An empty control may have taken something over from what was chosen elsewhere; so may words that were looked up.
  const filled = untouched && typedInto(other) && (!typedInto(control) || (other.querySelector("[data-chooser]") && typedInto(control) !== typedInto(other)));
  if (filled || (field.dataset.signature !== fresh.dataset.signature && !control.contains(document.activeElement))) {
    field.replaceWith(fresh);
    return fresh;
  }
  for (const one of other.querySelectorAll("[id]")) {
    const same = control.querySelector(`#${CSS.escape(one.id)}`);
    if (same) setAttributes(same, one);
  }
  return field;
}

function updatePiece(one, fresh, name) {
  const [piece, other] = [one, fresh].map((each) => each.querySelector(`:scope > [data-piece="${name}"], :scope > details > [data-piece="${name}"]`));
  if (piece && other && piece.innerHTML !== other.innerHTML) piece.innerHTML = other.innerHTML;
}

function updateRow(row, fresh) {
  if (row.className !== fresh.className) row.className = fresh.className;
  for (const name of ["summary", "tools"]) updatePiece(row, fresh, name);
  const [details, other] = [row, fresh].map((one) => one.querySelector(":scope > details"));
  align(details.querySelector(":scope > [data-fields]"), other.querySelector(":scope > [data-fields]"), "data-field", updateField);
  align(details.querySelector(":scope > [data-groups]"), other.querySelector(":scope > [data-groups]"), "data-group", updateGroup);
  return row;
}

function updateGroup(group, fresh) {
  const [rows, others] = [group, fresh].map((one) => one.querySelector(":scope > [data-rows]"));
  if (rows && others) {
    align(rows, others, "data-row-path", updateRow);
    updatePiece(group, fresh, "foot");
  } else {
    align(group.querySelector(":scope > [data-fields]"), fresh.querySelector(":scope > [data-fields]"), "data-field", updateField);
  }
  return group;
}

function align(parent, fresh, attribute, update) {
  const known = new Map([...parent.children].filter((one) => one.hasAttribute(attribute)).map((one) => [one.getAttribute(attribute), one]));
  const wanted = [...fresh.children].filter((one) => one.hasAttribute(attribute));
  const keep = new Set(wanted.map((one) => one.getAttribute(attribute)));
  for (const [name, one] of known) {
    // A row that was taken away has the focus on its own button; anything else one types into stays.
    if (!keep.has(name) && (attribute === "data-row-path" || !one.contains(document.activeElement))) one.remove();
  }
  let before = null;
  for (const one of wanted) {
    const name = one.getAttribute(attribute);
    let here = known.get(name);
    if (here) {
      here = update(here, one);
      // Only rows change places.
      if (attribute === "data-row-path" && (before ? before.nextElementSibling : parent.firstElementChild) !== here) {
        if (before) before.after(here);
        else parent.prepend(here);
      }
    } else {
      here = one;
      here.classList.add("question--new");
      if (before) before.after(here);
      else parent.insertBefore(here, [...parent.children].find((child) => child.hasAttribute(attribute)) ?? null);
    }
    before = here;
  }
}

function draw(html) {
  const part = document.getElementById("part");
  const fresh = new DOMParser().parseFromString(html, "text/html").getElementById("part");
  if (!fresh) return;
  const [progress, other] = [part, fresh].map((one) => one.querySelector('[data-block="progress"]'));
  if (progress.innerHTML !== other.innerHTML && !progress.contains(document.activeElement)) progress.innerHTML = other.innerHTML;
  align(part, fresh, "data-group", updateGroup);
  for (const link of document.querySelectorAll(".error-summary a[data-for]")) {
    const field = document.getElementById(link.dataset.for);
    if (!field?.classList.contains("field--wrong")) link.closest("li").remove();
  }
  const summary = document.querySelector(".error-summary");
  if (summary && !summary.querySelector("li")) summary.remove();
}

/* --- saving --------------------------------------------------------------------------------------------------- */

/* One save after the other: an older one that reached the server later would put older words back. */
async function save(button = null) {
  clearTimeout(timer);
  if (leaving || (saved === changes && !button)) return;
  if (running) {
    await running;
    await save(button);
    return;
  }
  running = send(button);
  await running;
}

async function send(button) {
  const upTo = changes;
  since = 0;
  say(state.dataset.saving);
  try {
    const response = await fetch(form.action, {
      method: "POST",
      body: button ? new FormData(form, button) : new FormData(form),
      headers: { "X-Requested-With": "XMLHttpRequest", Accept: "application/json" },
      signal: AbortSignal.timeout(LONGEST_WAIT),
    });
    const json = response.headers.get("Content-Type")?.includes("json") ? await response.json() : null;
    if (leaving) return;
    if (response.status === 409 && json) {
      leaving = true;
      location.assign(json.submitted);
    } else if (response.ok && json) {
      saved = upTo;
      say(`${state.dataset.saved} ${json.saved}`, "saved");
      if (location.pathname !== json.address) history.replaceState(null, "", json.address);
      const at = button?.closest("[data-group]")?.dataset.group;
      draw(json.part);
      if (button) goTo(json.row, at, button);
      if (saved < changes) wait(PAUSE);
    } else if (response.status >= 500) {
      throw new Error(String(response.status));
    } else {
      say(state.dataset.signedOut, "failed");
    }
  } catch (error) {
    if (leaving) return;
    say(state.dataset.failed, "failed");
    wait(RETRY);
  } finally {
    running = null;
  }
}

/* After a button of a row: to the new row's first control, to the same button again, or to the group's foot. */
function goTo(row, group, button) {
  const fresh = row && document.getElementById(row);
  if (fresh) {
    fresh.querySelector("details").open = true;
    fresh.querySelector("input:not([type=hidden]), select, textarea")?.focus();
    return;
  }
  const value = (words) => form.querySelector(`[data-row-act][value="${CSS.escape(words)}"]`);
  // At the end of its way a row that moved has lost that button and still has the other.
  const same = value(button.value) ?? value(button.value.replace(/^row-(up|down)/, (_all, way) => `row-${way === "up" ? "down" : "up"}`));
  const foot = form.querySelector(`[data-group="${CSS.escape(group ?? "")}"] > [data-piece="foot"] button`);
  (same ?? foot)?.focus();
}

function wait(time) {
  clearTimeout(timer);
  timer = setTimeout(() => save(), time);
}

if (form && state) {
  form.addEventListener("input", (event) => {
    if (saved === changes || !since) since = Date.now();
    changes += 1;
    // A choice takes effect at once; a text when one stops typing.
    const atOnce = event.target.matches("[type=radio], [type=checkbox], select") || Date.now() - since > LONGEST;
    wait(atOnce ? 0 : PAUSE);
  });
  form.addEventListener("change", () => wait(0));
  form.addEventListener("submit", (event) => {
    if (event.submitter?.matches("[data-quiet], [data-row-act]")) {
      event.preventDefault();
      changes += 1;
      save(event.submitter.hasAttribute("data-row-act") ? event.submitter : null);
      return;
    }
    clearTimeout(timer);
    if (running) {
      // What is on its way arrives first; then the button is pressed again.
      event.preventDefault();
      const button = event.submitter;
      running.then(() => form.requestSubmit(button));
      return;
    }
    leaving = true;
  });
  window.addEventListener("online", () => save());
  window.addEventListener("pageshow", (event) => {
    leaving = false;
    if (event.persisted) {
      changes += 1;
      save();
    }
  });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") save();
  });
}
