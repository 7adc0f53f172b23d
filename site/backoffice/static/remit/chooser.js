/* A box in which a person, a department or a row of a register is looked for by typing: a combobox of WAI-ARIA 1.2 with a
   list that pops up. The key of what is chosen goes into the hidden field beside it. Without script, or without a
   connection, what is typed is looked up when the form is saved. */

const PAUSE = 200;
let serial = 0;

function wire(box) {
  if (box.dataset.wired || !box.dataset.chooser) return;
  box.dataset.wired = "yes";
  const [key, label, input] = box.querySelectorAll("input");
  const list = document.createElement("ul");
  list.className = "long-select__list";
  list.id = `chooser-${++serial}`;
  list.hidden = true;
  list.setAttribute("role", "listbox");
  const caption = document.querySelector(`label[for="${CSS.escape(input.id)}"]`);
  if (caption) {
    caption.id ||= `${input.id}-label`;
    list.setAttribute("aria-labelledby", caption.id);
  }
  for (const [name, value] of Object.entries({
    role: "combobox", "aria-expanded": "false", "aria-autocomplete": "list", "aria-controls": list.id,
  })) input.setAttribute(name, value);
  const status = document.createElement("span");
  status.className = "hidden-visually";
  status.setAttribute("role", "status");
  box.append(list, status);

  let found = [];
  let active = -1;
  let timer = 0;
  let running = null;

  function close() {
    clearTimeout(timer);
    running?.abort();
    list.hidden = true;
    active = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }

  function mark(place) {
    list.children[active]?.classList.remove("is-active");
    list.children[active]?.setAttribute("aria-selected", "false");
    active = place;
    const item = list.children[active];
    if (!item || !found.length) return input.removeAttribute("aria-activedescendant");
    item.classList.add("is-active");
    item.setAttribute("aria-selected", "true");
    item.scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", item.id);
  }

  function say(words) {
    const none = document.createElement("li");
    none.className = "long-select__nothing";
    none.setAttribute("role", "option");
    none.setAttribute("aria-disabled", "true");
    none.setAttribute("aria-selected", "false");
    none.textContent = words;
    list.replaceChildren(none);
    status.textContent = words;
  }

  function draw() {
    if (found.length) {
      list.replaceChildren(
        ...found.map((one, place) => {
          const item = document.createElement("li");
          item.id = `${list.id}-${place}`;
          item.setAttribute("role", "option");
          item.setAttribute("aria-selected", "false");
          item.dataset.place = place;
          const name = document.createElement("span");
          name.textContent = one.label;
          const detail = document.createElement("span");
          detail.className = "chooser__detail";
          detail.textContent = one.detail;
          item.append(name, ...(one.detail ? [detail] : []));
          return item;
        }),
      );
      status.textContent = String(found.length);
    } else {
      say(box.dataset.nothing);
    }
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
    active = -1;
    mark(found.length && input.value.trim() ? 0 : -1);
  }

  async function search() {
    running?.abort();
    const mine = (running = new AbortController());
    const words = input.value === label.value ? "" : input.value;
    const address = `${box.dataset.chooser}?${new URLSearchParams({ field: box.dataset.field, q: words })}`;
    try {
      const response = await fetch(address, { headers: { Accept: "application/json" }, signal: mine.signal });
      if (!response.ok) throw new Error(String(response.status));
      found = (await response.json()).found;
      if (mine.signal.aborted) return;
      draw();
    } catch (error) {
      if (error.name === "AbortError") return;
      found = [];
      say(box.dataset.failed);
      list.hidden = false;
    }
  }

  function choose(one) {
    if (!one) return;
    key.value = one.key;
    label.value = one.label;
    input.value = one.label;
    close();
    input.dispatchEvent(new Event("input", { bubbles: true }));
    input.dispatchEvent(new Event("change", { bubbles: true }));
  }

  input.addEventListener("input", (event) => {
    if (!event.isTrusted) return;
    running?.abort();
    mark(-1); // what is listed belongs to other words now, and Enter must not choose it
    clearTimeout(timer);
    timer = setTimeout(search, PAUSE);
  });
  input.addEventListener("click", () => {
    if (list.hidden) search();
    input.select();
  });
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (list.hidden) return search();
      const end = found.length - 1;
      const to = active + (event.key === "ArrowDown" ? 1 : -1);
      mark(to > end ? 0 : to < 0 ? end : to);
    } else if (event.key === "Enter" && !list.hidden && active >= 0) {
      event.preventDefault();
      choose(found[active]);
    } else if (event.key === "Escape" && !list.hidden) {
      event.stopPropagation();
      close();
    }
  });
  list.addEventListener("mousedown", (event) => event.preventDefault()); // keeps the focus in the box
  list.addEventListener("click", (event) => choose(found[Number(event.target.closest("[data-place]")?.dataset.place)]));
}

const wireAll = () => document.querySelectorAll("[data-chooser]").forEach(wire);
wireAll();
new MutationObserver(wireAll).observe(document.body, { childList: true, subtree: true });
