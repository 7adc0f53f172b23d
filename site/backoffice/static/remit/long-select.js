/* Turns a long select into a field that is searched by typing (a combobox of WAI-ARIA 1.2 with a list that pops up).
   The select stays in the form and keeps the value; whatever else listens to its `change` goes on working. */

(() => {
  const SHOWN = 50;
  let serial = 0;

  const plain = (text) => text.normalize("NFKC").toLowerCase().trim();

  function enhance(select) {
    if (select.dataset.longSelect === "done" || select.options.length < 8) return;
    select.dataset.longSelect = "done";
    const id = `long-select-${++serial}`;
    const many = select.multiple;

    const box = document.createElement("div");
    box.className = "long-select";
    const chips = document.createElement("ul");
    chips.className = "long-select__chips";
    const input = document.createElement("input");
    Object.assign(input, { type: "text", autocomplete: "off", spellcheck: false, placeholder: select.dataset.search });
    input.id = `${select.id || id}-search`;
    for (const [name, value] of Object.entries({
      role: "combobox", "aria-expanded": "false", "aria-autocomplete": "list", "aria-controls": id,
    })) input.setAttribute(name, value);
    const described = select.getAttribute("aria-describedby");
    if (described) input.setAttribute("aria-describedby", described);
    const list = document.createElement("ul");
    list.className = "long-select__list";
    list.id = id;
    list.hidden = true;
    list.setAttribute("role", "listbox");
    if (many) list.setAttribute("aria-multiselectable", "true");

    const label = select.id && document.querySelector(`label[for="${CSS.escape(select.id)}"]`);
    if (label) {
      label.htmlFor = input.id;
      label.id ||= `${input.id}-label`;
      list.setAttribute("aria-labelledby", label.id);
    } else if (select.getAttribute("aria-label")) {
      input.setAttribute("aria-label", select.getAttribute("aria-label"));
    }

    let active = -1;
    let found = [];

    const words = () => plain(input.value).split(/\s+/).filter(Boolean);
    const chosenText = () => (many ? "" : select.selectedOptions[0]?.value ? select.selectedOptions[0].text : "");

    function draw(everything) {
      const wanted = everything ? [] : words();
      found = [...select.options].filter((option) => {
        const text = plain(option.text);
        return (option.value || !many) && wanted.every((word) => text.includes(word));
      });
      list.replaceChildren(
        ...found.slice(0, SHOWN).map((option, place) => {
          const item = document.createElement("li");
          item.id = `${id}-${place}`;
          item.setAttribute("role", "option");
          item.setAttribute("aria-selected", String(option.selected));
          item.textContent = option.text;
          item.dataset.place = place;
          return item;
        }),
      );
      if (!found.length) {
        const none = document.createElement("li");
        none.className = "long-select__nothing";
        none.setAttribute("role", "option");
        none.setAttribute("aria-disabled", "true");
        none.textContent = select.dataset.nothing;
        list.append(none);
      }
      mark(-1);
    }

    function mark(place) {
      list.children[active]?.classList.remove("is-active");
      active = place;
      const item = list.children[active];
      if (item) {
        item.classList.add("is-active");
        item.scrollIntoView({ block: "nearest" });
        input.setAttribute("aria-activedescendant", item.id);
      } else {
        input.removeAttribute("aria-activedescendant");
      }
    }

    function open(everything) {
      draw(everything);
      list.hidden = false;
      input.setAttribute("aria-expanded", "true");
    }

    function close() {
      list.hidden = true;
      input.setAttribute("aria-expanded", "false");
      input.removeAttribute("aria-activedescendant");
      input.value = chosenText();
    }

    function choose(option) {
      if (!option) return;
      if (many) option.selected = !option.selected;
      else select.value = option.value;
      select.dispatchEvent(new Event("input", { bubbles: true }));
      select.dispatchEvent(new Event("change", { bubbles: true }));
      if (many) input.value = "";
      close();
    }

    function shown() {
      chips.replaceChildren(
        ...(many ? [...select.selectedOptions] : []).map((option) => {
          const chip = document.createElement("li");
          const remove = document.createElement("button");
          remove.type = "button";
          remove.textContent = "×";
          remove.setAttribute("aria-label", `${select.dataset.remove}: ${option.text}`);
          remove.disabled = select.disabled;
          remove.addEventListener("click", () => {
            choose(option);
            input.focus();
          });
          chip.append(option.text, remove);
          return chip;
        }),
      );
      chips.hidden = !chips.children.length;
      input.disabled = select.disabled;
      if (list.hidden) input.value = chosenText();
    }

    input.addEventListener("input", (event) => {
      event.stopPropagation(); // typing here changes nothing in the form yet
      open(false);
      mark(found.length ? 0 : -1);
    });
    input.addEventListener("change", (event) => event.stopPropagation());
    input.addEventListener("click", () => {
      if (list.hidden) open(true);
      input.select();
    });
    input.addEventListener("blur", () => {
      if (!many && input.value.trim() === "" && select.value && [...select.options].some((each) => !each.value)) {
        choose([...select.options].find((each) => !each.value));
      } else {
        close();
      }
    });
    input.addEventListener("keydown", (event) => {
      const last = Math.min(found.length, SHOWN) - 1;
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        if (list.hidden) open(true);
        const step = event.key === "ArrowDown" ? 1 : -1;
        const end = Math.min(found.length, SHOWN) - 1;
        mark(active + step > end ? 0 : active + step < 0 ? end : active + step);
      } else if (event.key === "Enter") {
        if (!list.hidden) {
          event.preventDefault();
          if (active >= 0 && active <= last) choose(found[active]);
        }
      } else if (event.key === "Escape") {
        if (!list.hidden) event.stopPropagation();
        close();
      } else if (event.key === "Backspace" && many && input.value === "" && select.selectedOptions.length) {
        choose([...select.selectedOptions].at(-1));
      }
    });
    list.addEventListener("mousedown", (event) => event.preventDefault()); // keeps the focus in the field
    list.addEventListener("click", (event) => {
      const item = event.target.closest("[data-place]");
      if (item) choose(found[Number(item.dataset.place)]);
    });
    select.addEventListener("change", shown);
    select.form?.addEventListener("reset", () => setTimeout(shown));

    select.after(box);
    box.append(chips, input, list);
    select.classList.add("long-select__native");
    select.tabIndex = -1;
    select.setAttribute("aria-hidden", "true");
    shown();
  }

  const all = (root) => root.querySelectorAll("select[data-long-select]").forEach(enhance);
  const start = () => {
    all(document);
    // Blocks and panels may come later.
    new MutationObserver((changes) => {
      for (const change of changes)
        for (const node of change.addedNodes) if (node.nodeType === Node.ELEMENT_NODE) all(node.parentNode || node);
    }).observe(document.body, { childList: true, subtree: true });
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
