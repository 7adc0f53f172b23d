/* The frame of every page: theme without a reload, keyboard, menus that close. Nothing here is needed to work:
   each control is a form or a link that does the same without script. */

const root = document.documentElement;

function typing(target) {
  return target.closest("input, textarea, select, [contenteditable]") !== null;
}

function closeMenus(except) {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (menu !== except) menu.open = false;
  }
}

document.addEventListener("click", (event) => {
  closeMenus(event.target.closest("details.menu"));
  const close = event.target.closest("[data-close]");
  if (close) close.closest("dialog")?.close();
  const opener = event.target.closest("[data-opens]");
  if (opener) {
    closeMenus(null);
    document.getElementById(opener.dataset.opens)?.showModal();
  }
});

for (const form of document.querySelectorAll("form[data-theme-form]")) {
  form.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (!button) return;
    event.preventDefault();
    root.dataset.theme = button.value;
    for (const other of form.querySelectorAll("button")) other.setAttribute("aria-pressed", String(other === button));
    const data = new FormData(form);
    data.set(button.name, button.value);
    fetch(form.action, { method: "POST", body: data, headers: { Accept: "application/json" } }).catch(() => form.submit());
  });
}

/* A form that is sent is not sent twice by an impatient second click. The server refuses it too. */
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || !form.matches("form[method=post]")) return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "1";
  form.setAttribute("aria-busy", "true");
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    form.removeAttribute("aria-busy");
  }
});

document.querySelector(".error-summary:not([data-example] *)")?.focus();

function moveInList(step) {
  const links = [...document.querySelectorAll("[data-row] a[data-row-link], [data-row] th a")];
  if (!links.length) return;
  const now = links.indexOf(document.activeElement);
  const next = now < 0 ? (step > 0 ? 0 : links.length - 1) : Math.min(links.length - 1, Math.max(0, now + step));
  links[next].focus();
}

let prefix = "";
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.key === "Escape") {
    const open = document.querySelector("details.menu[open]");
    if (open) {
      open.open = false;
      open.querySelector("summary").focus();
    } else if (typing(event.target)) {
      event.target.blur();
    }
    return;
  }
  if (typing(event.target) || document.querySelector("dialog[open]")) return;
  if (prefix === "g") {
    prefix = "";
    const link = document.querySelector(`.rail [data-key="${CSS.escape(event.key)}"]`);
    if (link) {
      event.preventDefault();
      link.click();
    }
    return;
  }
  switch (event.key) {
    case "/": {
      const field = document.querySelector("[data-search]");
      if (field) {
        event.preventDefault();
        field.focus();
        field.select?.();
      }
      break;
    }
    case "?":
      document.getElementById("keys")?.showModal();
      break;
    case "g":
      prefix = "g";
      setTimeout(() => { prefix = ""; }, 1500);
      break;
    case "j":
      moveInList(1);
      break;
    case "k":
      moveInList(-1);
      break;
    default:
      break;
  }
});
