/* The library in Wagtail's editor of a description: insert items, see what has become of rows, take over a newer
   version, save a row to the library. The server decides (positions/library/editor.py); this fills in the form, which
   the editor saves as ever. Without it the page "Add from the library" does the same. */
(() => {
  const source = document.querySelector("script[data-remit-library]");
  if (!source) return;
  const words = JSON.parse(source.dataset.words);
  // A locked text is shown to read: what cannot be saved is not offered.
  const locked = document.body.classList.contains("content-locked");
  const parts = new Map(source.dataset.parts.split(" ").map((pair) => pair.split(":")));

  const told = (word, number) => word.replace("%(number)s", number).replace("%(key)s", number);
  const make = (name, attributes = {}, ...children) => {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
      if (key === "text") element.textContent = value;
      else if (value === true) element.setAttribute(key, "");
      else if (value !== false && value !== null) element.setAttribute(key, value);
    }
    element.append(...children);
    return element;
  };
  const button = (text, act, kind = "button-secondary") => {
    const made = make("button", { type: "button", class: `button button-small ${kind}`, text });
    made.addEventListener("click", act);
    return made;
  };
  const soon = (act, wait) => {
    let timer;
    return (...values) => {
      clearTimeout(timer);
      timer = setTimeout(() => act(...values), wait);
    };
  };
  const token = () =>
    JSON.parse(document.getElementById("wagtail-config")?.textContent || "{}").CSRF_TOKEN ||
    document.querySelector("[name=csrfmiddlewaretoken]")?.value;
  const ask = async (url, body) => {
    const options = body
      ? { method: "POST", body: JSON.stringify(body), headers: { "X-CSRFToken": token(), "Content-Type": "application/json" } }
      : {};
    const answer = await fetch(url, { credentials: "same-origin", ...options });
    const said = (answer.headers.get("content-type") || "").includes("json") ? await answer.json() : {};
    if (!answer.ok) throw new Error(said.error || words.failed);
    return said;
  };

  /* --- rows --------------------------------------------------------------------------------------------------- */

  const fieldsOf = (row) => [...row.querySelectorAll(`[name^="${CSS.escape(row.dataset.remitPrefix)}"]`)];
  const columnOf = (row, field) => field.name.slice(row.dataset.remitPrefix.length);
  const valueOf = (row) => {
    const value = {};
    for (const field of fieldsOf(row)) value[columnOf(row, field)] = field.type === "checkbox" ? field.checked : field.value;
    return value;
  };
  const fill = (row, value) => {
    for (const field of fieldsOf(row)) {
      const column = columnOf(row, field);
      if (!(column in value)) continue;
      if (field.type === "checkbox") field.checked = Boolean(value[column]);
      else field.value = value[column] ?? "";
      field.dispatchEvent(new Event("input", { bubbles: true }));
      field.dispatchEvent(new Event("change", { bubbles: true }));
    }
  };

  const waiting = new Set();
  const look = soon(async () => {
    const rows = [...waiting].filter((row) => row.isConnected && row.link);
    waiting.clear();
    if (!rows.length) return;
    try {
      const answer = await ask(source.dataset.states, {
        rows: rows.map((row) => ({ part: row.of, value: valueOf(row.row) })),
      });
      rows.forEach((row, place) => row.show(answer.states[place]));
    } catch {
      rows.forEach((row) => row.show(null));
    }
  }, 250);

  class LibraryRow extends HTMLElement {
    connectedCallback() {
      this.input = this.querySelector("input");
      this.row = this.closest("[data-streamfield-child]");
      if (!this.input || !this.row) return;
      this.of = this.input.name.split("-")[0]; // "part" is a property of every element
      this.row.dataset.remitPrefix = this.input.name.slice(0, -"library".length);
      if (!this.line) {
        this.line = make("div", { class: "remit-row-library" });
        this.append(this.line);
        this.badge = make("span", { class: "remit-row-badge", hidden: true });
        setTimeout(() => this.row.querySelector("[data-panel-heading-text]")?.after(this.badge));
        this.row.addEventListener("input", (event) => event.target !== this.input && this.look());
        this.row.addEventListener("change", (event) => event.target !== this.input && this.look());
      }
      setTimeout(() => this.look()); // the value and the row's heading are filled in after this element is made
    }

    get link() {
      return this.input?.value || "";
    }

    set link(text) {
      this.input.value = text;
      this.input.dispatchEvent(new Event("input", { bubbles: true }));
      this.input.dispatchEvent(new Event("change", { bubbles: true }));
      this.look();
    }

    look() {
      if (this.link) {
        waiting.add(this);
        look();
      } else {
        this.badge.hidden = true;
        this.line.replaceChildren(...(locked ? [] : [button(words.save, () => this.save())]));
      }
    }

    show(state) {
      if (!this.link) return;
      this.badge.hidden = false;
      const newer = state && state.tone === "waiting";
      this.badge.className = `remit-row-badge remit-row-badge--${state ? state.tone : "same"}`;
      this.badge.textContent = newer ? `${words.library} · ${words.newer}` : state?.tone === "differs" ? `${words.library} · ${words.reworded}` : words.library;
      const line = make("p", { class: "remit-row-library__told", role: "status", text: state ? state.sentences.join(" ") : this.link });
      const acts = make("div", { class: "remit-row-library__acts" });
      if (state?.url) acts.append(make("a", { href: state.url, target: "_blank", text: words.open }));
      const shown = make("dl", { class: "remit-told remit-told--differences", hidden: true });
      if (state?.value) {
        for (const one of state.differences) {
          const told = make("dd");
          for (const [kind, text] of one.steps) told.append(kind === "gone" ? make("del", { text }) : kind === "new" ? make("ins", { text }) : text);
          shown.append(make("div", {}, make("dt", { text: one.label }), told));
        }
        if (!state.differences.length) shown.append(make("p", { text: words.same }));
        const see = button(words.see, () => {
          shown.hidden = !shown.hidden;
          see.setAttribute("aria-expanded", String(!shown.hidden));
        });
        see.setAttribute("aria-expanded", "false");
        const take = button(told(words.take, state.newest), () => {
          fill(this.row, state.value);
          this.look();
          this.input.closest("[data-streamfield-child]").querySelector("textarea, input:not([type=hidden])")?.focus();
        }, state.outdated ? "" : "button-secondary");
        acts.append(see);
        if (!locked) acts.append(take);
      }
      if (!locked) acts.append(button(words.unlink, () => (this.link = "")));
      this.line.replaceChildren(line, acts, shown);
    }

    save() {
      const subject = make("input", { type: "text", maxlength: 80, id: "remit-save-subject" });
      const note = make("textarea", { rows: 2, maxlength: 2000, id: "remit-save-note" });
      const wrong = make("p", { class: "error-message", role: "alert", hidden: true });
      const dialog = make(
        "dialog", { class: "remit-dialog", "aria-label": words.save },
        make("h2", { text: words.save }), make("p", { text: words.saving }), wrong,
        make("label", { for: subject.id, text: words.subject }), subject,
        make("label", { for: note.id, text: words.note }), note,
      );
      const keep = async () => {
        try {
          const answer = await ask(source.dataset.save, {
            rows: [{ part: this.of, value: valueOf(this.row) }], subject: subject.value, note: note.value,
          });
          dialog.close();
          this.link = answer.link;
        } catch (fault) {
          wrong.textContent = fault.message;
          wrong.hidden = false;
        }
      };
      dialog.append(make("div", { class: "remit-dialog__acts" }, button(words.save, keep, ""), button(words.close, () => dialog.close())));
      subject.addEventListener("keydown", (event) => {
        if (event.key === "Enter") {
          event.preventDefault();
          keep();
        }
      });
      open(dialog, subject);
    }
  }
  customElements.define("remit-library-row", LibraryRow);

  const open = (dialog, first) => {
    const before = document.activeElement;
    dialog.addEventListener("close", () => {
      dialog.remove();
      if (before?.isConnected) before.focus();
    });
    // Nothing typed in a dialog belongs to the form of the page.
    for (const kind of ["input", "change", "keydown"]) dialog.addEventListener(kind, (event) => event.stopPropagation());
    document.body.append(dialog);
    dialog.showModal();
    first.focus();
  };

  /* --- inserting ---------------------------------------------------------------------------------------------- */

  const insert = (part, root, items) => {
    let first = null;
    for (const item of items) {
      const type = parts.get(part);
      const [, state, id] = root._getChildDataForInsertion({ type });
      root.insert({ type, value: state, id }, root.children.length, { collapsed: false });
      const { element } = root.children[root.children.length - 1];
      const row = element.querySelector("remit-library-row");
      fill(element, item.value);
      row?.look();
      first ||= element;
    }
    first?.querySelector("textarea, input:not([type=hidden]), select")?.focus();
  };

  const choose = (part, root) => {
    const chosen = new Map();
    const search = make("input", { type: "search", id: "remit-library-search", maxlength: 100, autocomplete: "off" });
    const subject = make("select", { id: "remit-library-subject" }, make("option", { value: "", text: words.all }));
    const list = make("ul", { class: "remit-dialog__list", "aria-label": words.insert });
    const said = make("p", { class: "remit-dialog__said", role: "status" });
    const put = button(words.chosen, () => done(), "");
    const dialog = make(
      "dialog", { class: "remit-dialog remit-dialog--wide", "aria-label": words.insert },
      make("h2", { text: words.insert }),
      make(
        "div", { class: "remit-dialog__filter" },
        make("div", {}, make("label", { for: search.id, text: words.search }), search),
        make("div", {}, make("label", { for: subject.id, text: words.subject }), subject),
      ),
      said, list,
      make("p", { class: "remit-dialog__keys", text: words.keys }),
      make("div", { class: "remit-dialog__acts" }, put, button(words.close, () => dialog.close())),
    );
    const boxes = () => [...list.querySelectorAll("input")];
    const count = () => {
      put.textContent = chosen.size ? `${words.chosen} (${chosen.size})` : words.chosen;
      put.disabled = !chosen.size;
    };
    const done = () => {
      const items = [...chosen.values()];
      dialog.close();
      insert(part, root, items);
    };
    let turn = 0;
    // While a search is on its way the old hits are not to be chosen; a key pressed meanwhile counts afterwards.
    let pending = true;
    let jump = false;
    const show = async () => {
      const mine = (turn += 1);
      const query = new URLSearchParams({ part, q: search.value, subject: subject.value });
      let answer;
      try {
        answer = await ask(`${source.dataset.choices}?${query}`);
      } catch (fault) {
        said.textContent = fault.message;
        return;
      }
      if (mine !== turn) return;
      pending = false;
      if (subject.options.length === 1) for (const one of answer.subjects) subject.append(make("option", { text: one }));
      list.replaceChildren(
        ...answer.items.map((item) => {
          const box = make("input", { type: "checkbox", value: item.key });
          box.checked = chosen.has(item.key);
          box.addEventListener("change", () => {
            if (box.checked) chosen.set(item.key, item);
            else chosen.delete(item.key);
            count();
          });
          box.item = item;
          const [lead, ...more] = item.told;
          const text = make("span", {}, make("strong", { text: lead[1] }));
          const beside = [...more.map(([label, value]) => `${label}: ${value}`), item.key, told(words.version, item.version), item.subject];
          text.append(make("span", { class: "remit-library__key", text: beside.filter(Boolean).join(" · ") }));
          return make("li", {}, make("label", {}, box, text));
        }),
      );
      const nothing = search.value || subject.value ? words.nothing : words.empty;
      said.textContent = answer.items.length ? (answer.more ? words.more : "") : nothing;
      count();
      if (jump) boxes()[0]?.focus();
      jump = false;
    };
    const searchSoon = soon(show, 200);
    search.addEventListener("input", () => {
      turn += 1; // an answer to what was asked before this letter no longer counts
      pending = true;
      jump = false;
      searchSoon();
    });
    subject.addEventListener("change", show);
    dialog.addEventListener("keydown", (event) => {
      const all = boxes();
      const place = all.indexOf(document.activeElement);
      if (pending && document.activeElement === search && ["ArrowDown", "Enter"].includes(event.key)) {
        if (!event.isComposing) event.preventDefault();
        jump = !event.isComposing;
      } else if (event.key === "ArrowDown" && document.activeElement !== subject) {
        event.preventDefault();
        (all[place + 1] || all[0])?.focus();
      } else if (event.key === "ArrowUp" && place >= 0) {
        event.preventDefault();
        (all[place - 1] || search).focus();
      } else if (event.key === "Enter" && (place >= 0 || document.activeElement === search) && !event.isComposing) {
        event.preventDefault();
        if (place >= 0 && !chosen.size) chosen.set(all[place].item.key, all[place].item);
        if (place >= 0 || event.ctrlKey) {
          if (chosen.size) done();
        } else all[0]?.focus();
      }
    });
    count();
    open(dialog, search);
    show();
  };

  const offer = () => {
    if (locked) return;
    for (const part of parts.keys()) {
      const element = document.getElementById(`${part}-root`);
      const root = element?.rootBlock;
      if (!root || element.dataset.remitLibrary) continue;
      element.dataset.remitLibrary = "there";
      const bar = make("div", { class: "remit-library-bar" }, button(words.insert, () => choose(part, root)));
      element.after(bar);
    }
  };
  document.addEventListener("w-block:ready", () => setTimeout(offer));
  document.addEventListener("DOMContentLoaded", offer);
  offer();
})();
