/* Files of a form: uploaded one by one as soon as they are chosen, dropped or photographed, with their progress; and
   signatures drawn on a canvas. Without script the files come with the form, and the name is typed. */

const form = document.querySelector("form[data-fill]");
const AT_ONCE = 2;
const PEN_DOWN_AGAIN = 1500; // ms after the last stroke before the signature is kept
const waiting = []; // uploads that have not begun
let running = 0;
let leaveWith = null; // the button that was pressed while something was still on its way

document.documentElement.classList.add("scripted");

const words = (name) => form.dataset[name] ?? "";

function changed(block) {
  block.dispatchEvent(new Event("input", { bubbles: true }));
  block.dispatchEvent(new Event("change", { bubbles: true }));
}

function element(html) {
  return new DOMParser().parseFromString(`<ul>${html}</ul>`, "text/html").querySelector("li");
}

function make(tag, className, text = "") {
  const one = document.createElement(tag);
  if (className) one.className = className;
  if (text) one.textContent = text;
  return one;
}

/* --- sending -------------------------------------------------------------------------------------------------- */

/** Send one file, or a typed name, for a field; resolves to the answer, rejects with a sentence. */
function send(block, content, progress, taken = () => {}) {
  const body = new FormData();
  for (const name of ["csrfmiddlewaretoken", "form", "edition"]) body.set(name, form.elements[name]?.value ?? "");
  body.set("field", block.dataset.path);
  if (typeof content === "string") body.set("name", content);
  else body.set("file", content, content.name ?? "signature.png");
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    taken(() => request.abort());
    request.open("POST", block.dataset.address);
    request.setRequestHeader("X-Requested-With", "XMLHttpRequest");
    request.responseType = "json";
    request.upload.addEventListener("progress", (event) => event.lengthComputable && progress(event.loaded / event.total));
    request.addEventListener("load", () => {
      if (request.status === 200 && request.response?.key) resolve(request.response);
      else reject(new Error(request.response?.refused ?? (request.status >= 500 ? words("uploadFailed") : words("uploadSignedOut"))));
    });
    request.addEventListener("error", () => reject(new Error(words("uploadFailed"))));
    request.addEventListener("abort", () => reject(new Error("")));
    request.send(body);
  });
}

function next() {
  while (running < AT_ONCE && waiting.length) {
    running += 1;
    waiting
      .shift()()
      .finally(() => {
        running -= 1;
        next();
        goOn();
      });
  }
}

function busy() {
  return running + waiting.length > 0;
}

/** Do what was pressed while files were on their way, now that they have arrived. */
function goOn() {
  if (!leaveWith || busy()) return;
  const button = leaveWith;
  leaveWith = null;
  if (document.querySelector("[data-refused]")) return; // what was refused is to be seen first
  form.requestSubmit(button.isConnected ? button : undefined);
}

/* --- files ---------------------------------------------------------------------------------------------------- */

function take(block, files) {
  const list = block.querySelector("[data-files-list]");
  for (const file of files) {
    const row = make("li", "files__file files__file--coming");
    const bar = make("progress", "files__progress");
    bar.max = 1;
    bar.setAttribute("aria-label", file.name);
    const about = make("span", "files__about");
    about.append(make("span", "files__name", file.name), bar);
    const stop = make("button", "button button--quiet", words("uploadCancel"));
    stop.type = "button";
    row.append(make("span", "files__picture"), about, stop);
    list.append(row);
    let cancelled = false;
    let abort = () => {};
    stop.addEventListener("click", () => {
      cancelled = true;
      abort();
      row.remove();
    });
    waiting.push(async () => {
      if (cancelled) return;
      try {
        const answer = await send(block, file, (part) => (bar.value = part), (how) => (abort = how));
        if (cancelled) return;
        row.replaceWith(element(answer.row));
        changed(block);
      } catch (fault) {
        if (!cancelled) refuse(row, fault.message);
      }
    });
  }
  next();
}

function refuse(row, sentence) {
  row.className = "files__refused";
  row.dataset.refused = "";
  row.replaceChildren();
  const text = make("span", "", sentence);
  text.setAttribute("role", "alert");
  const gone = make("button", "button button--quiet", words("uploadDismiss"));
  gone.type = "button";
  gone.addEventListener("click", () => row.remove());
  row.append(text, gone);
}

function block(of) {
  const found = of.closest?.("[data-files]");
  return found?.dataset.address ? found : null;
}

document.addEventListener("change", (event) => {
  const input = event.target;
  if (input.type !== "file" || !block(input)) return;
  const files = [...input.files];
  input.value = ""; // it does not come along with the form a second time
  take(block(input), files);
}, true);

for (const name of ["dragover", "dragleave", "drop"]) {
  document.addEventListener(name, (event) => {
    const here = block(event.target);
    if (!here || "signature" in here.dataset || !event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    here.classList.toggle("files--over", name === "dragover");
    if (name === "drop") take(here, [...event.dataTransfer.files]);
  });
}

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-file-remove]");
  const here = button && block(button);
  if (!here) return;
  event.preventDefault();
  const row = button.closest("[data-file]");
  const other = row.nextElementSibling ?? row.previousElementSibling;
  row.remove();
  (other?.querySelector("[data-file-remove]") ?? here.querySelector("input[type=file], summary"))?.focus();
  changed(here);
  fit();
});

/* --- signatures ----------------------------------------------------------------------------------------------- */

const pads = new WeakMap(); // canvas → what was drawn on it

function pad(canvas) {
  if (!pads.has(canvas)) pads.set(canvas, { strokes: [], timer: 0, width: 0, sent: 0, count: 0 });
  return pads.get(canvas);
}

/** Give each canvas the size it has on the screen, and draw again what was on it. */
function fit() {
  for (const canvas of document.querySelectorAll("[data-pad] canvas")) {
    const width = canvas.clientWidth;
    const state = pad(canvas);
    if (!width || state.width === width) continue;
    state.width = width;
    const ratio = Math.min(window.devicePixelRatio || 1, 2);
    canvas.width = width * ratio;
    canvas.height = canvas.clientHeight * ratio;
    canvas.getContext("2d").scale(ratio, ratio);
    for (const stroke of state.strokes) stroke.forEach((point, at) => ink(canvas, stroke, at));
  }
}

function ink(canvas, stroke, at) {
  const context = canvas.getContext("2d");
  const [x, y, pressure] = stroke[at];
  context.lineCap = "round";
  context.lineJoin = "round";
  context.strokeStyle = getComputedStyle(canvas).color;
  context.lineWidth = 1.6 + 2.2 * pressure;
  context.beginPath();
  const [fromX, fromY] = stroke[at - 1] ?? [x - 0.1, y];
  context.moveTo(fromX, fromY);
  context.lineTo(x, y);
  context.stroke();
}

function point(canvas, event) {
  const box = canvas.getBoundingClientRect();
  return [event.clientX - box.left, event.clientY - box.top, event.pointerType === "pen" ? event.pressure : 0.5];
}

function say(here, name) {
  here.querySelector("[data-pad-state]").textContent = name ? here.querySelector("[data-pad-state]").dataset[name] : "";
}

function given(here) {
  return here.querySelector("[data-files-list]");
}

/** Keep what was drawn: the picture is uploaded, and its key stands in the form. */
function keep(canvas) {
  const here = block(canvas);
  const state = pad(canvas);
  clearTimeout(state.timer);
  state.timer = 0;
  const upTo = state.count;
  if (!here || state.sent === upTo) return;
  state.sent = upTo;
  say(here, "keeping");
  waiting.push(async () => {
    const picture = await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
    try {
      const answer = await send(here, new File([picture], "signature.png", { type: "image/png" }), () => {});
      if (state.count !== upTo) return; // drawn on, or cleared, meanwhile
      for (const old of here.querySelectorAll(".signature__refused, [data-drawn]")) old.remove();
      const kept = make("input");
      kept.type = "hidden";
      kept.name = here.dataset.name;
      kept.value = answer.key;
      kept.dataset.drawn = "";
      here.append(kept);
      say(here, "kept");
      changed(here);
    } catch (fault) {
      if (state.count === upTo) state.sent = -1;
      say(here, "");
      for (const old of here.querySelectorAll(".signature__refused")) old.remove();
      const row = make("li", "");
      given(here).append(row);
      refuse(row, fault.message);
      row.classList.add("signature__refused");
    }
  });
  next();
}

document.addEventListener("pointerdown", (event) => {
  const canvas = event.target;
  if (!(canvas instanceof HTMLCanvasElement) || !canvas.closest("[data-pad]") || event.button) return;
  event.preventDefault();
  fit();
  const state = pad(canvas);
  const here = canvas.closest("[data-files]");
  clearTimeout(state.timer);
  canvas.setPointerCapture(event.pointerId);
  const stroke = [point(canvas, event)];
  state.strokes.push(stroke);
  state.count += 1;
  ink(canvas, stroke, 0);
  here.classList.add("signature--drawn");
  here.querySelector("[data-pad-clear]").hidden = false;
  say(here, "");
  const move = (moved) => {
    if (moved.pointerId !== event.pointerId) return;
    for (const each of moved.getCoalescedEvents?.() ?? [moved]) {
      stroke.push(point(canvas, each));
      ink(canvas, stroke, stroke.length - 1);
    }
  };
  const up = (ended) => {
    if (ended.pointerId !== event.pointerId) return;
    canvas.removeEventListener("pointermove", move);
    canvas.removeEventListener("pointerup", up);
    canvas.removeEventListener("pointercancel", up);
    state.timer = setTimeout(() => keep(canvas), PEN_DOWN_AGAIN);
  };
  canvas.addEventListener("pointermove", move);
  canvas.addEventListener("pointerup", up);
  canvas.addEventListener("pointercancel", up);
});

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-pad-clear]");
  if (!button) return;
  const here = button.closest("[data-files]");
  const canvas = here.querySelector("canvas");
  const state = pad(canvas);
  clearTimeout(state.timer);
  pads.set(canvas, { strokes: [], timer: 0, width: state.width, sent: state.count + 1, count: state.count + 1 });
  canvas.getContext("2d").clearRect(0, 0, canvas.width, canvas.height);
  for (const one of here.querySelectorAll("[data-drawn], .signature__refused")) one.remove();
  here.classList.remove("signature--drawn");
  button.hidden = true;
  say(here, "");
  changed(here);
});

/* A typed name that is confirmed becomes a picture at once, so that one sees what is signed with. */
document.addEventListener("change", (event) => {
  const tick = event.target;
  const here = tick.type === "checkbox" && tick.name?.endsWith("~confirm") ? block(tick) : null;
  if (!here || !tick.checked) return;
  const name = here.querySelector('input[name$="~name"]');
  if (!name.value.trim()) return;
  event.stopPropagation();
  waiting.push(async () => {
    try {
      const answer = await send(here, name.value, () => {});
      for (const old of here.querySelectorAll("[data-drawn], .signature__refused")) old.remove();
      given(here).append(element(answer.row));
      name.value = "";
      tick.checked = false;
      here.querySelector("[data-file-remove]").focus();
      changed(here);
    } catch (fault) {
      tick.checked = false;
      const row = make("li", "signature__refused");
      given(here).append(row);
      refuse(row, fault.message);
    }
  });
  next();
}, true);

/* --- the form ------------------------------------------------------------------------------------------------- */

if (form) {
  // Before intake.js hears of it: a form that is sent while a file is on its way waits for the file.
  form.addEventListener("submit", (event) => {
    if (event.submitter?.matches("[data-quiet], [data-row-act]")) return;
    for (const canvas of document.querySelectorAll("[data-pad] canvas")) if (pad(canvas).timer) keep(canvas);
    if (!busy()) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    leaveWith = event.submitter;
  }, true);
  new ResizeObserver(fit).observe(form);
  new MutationObserver(fit).observe(document.getElementById("part"), { childList: true, subtree: true });
  fit();
}
