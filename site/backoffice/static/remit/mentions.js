/* Names colleagues in a text: behind @ a list pops up of those one can name. Without it the name is typed by hand. */

(() => {
  const LONGEST = 20;
  let serial = 0;

  function enhance(area) {
    const address = area.dataset.mentions;
    const id = `mentions-${++serial}`;
    const box = document.createElement("div");
    box.className = "long-select mentions";
    area.before(box);
    const list = document.createElement("ul");
    list.id = id;
    list.className = "long-select__list";
    list.hidden = true;
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", area.dataset.mentionsLabel);
    const told = document.createElement("p");
    told.className = "hidden-visually";
    told.setAttribute("role", "status");
    box.append(area, list, told);
    for (const [name, value] of Object.entries({
      "aria-autocomplete": "list", "aria-haspopup": "listbox", "aria-controls": id,
    })) area.setAttribute(name, value);

    let people = [];
    let active = -1;
    let asked = 0;
    let timer = 0;

    /* What is being typed behind the last mark before the caret, or null. */
    function begun() {
      const before = area.value.slice(0, area.selectionStart);
      const at = Math.max(before.lastIndexOf("@"), before.lastIndexOf("＠"));
      if (at < 0 || (at > 0 && /[\w.-]/.test(before[at - 1]))) return null;
      const words = before.slice(at + 1);
      return words.length > LONGEST || /[\s，。；：！？,;:!?()（）]/.test(words) ? null : { at, words };
    }

    function close() {
      list.hidden = true;
      people = [];
      active = -1;
      area.removeAttribute("aria-activedescendant");
    }

    function mark(place) {
      active = place;
      [...list.children].forEach((item, number) => {
        item.classList.toggle("is-active", number === active);
        item.setAttribute("aria-selected", String(number === active));
      });
      list.children[active]?.scrollIntoView({ block: "nearest" });
      area.setAttribute("aria-activedescendant", `${id}-${active}`);
    }

    function take(person) {
      const word = begun();
      if (!word) return close();
      const name = `@${person.write} `;
      area.setRangeText(name, word.at, area.selectionStart, "end");
      close();
      area.focus();
    }

    function draw() {
      list.replaceChildren(
        ...people.map((person, place) => {
          const item = document.createElement("li");
          item.id = `${id}-${place}`;
          item.setAttribute("role", "option");
          item.textContent = person.name === person.write ? person.name : person.write;
          item.addEventListener("pointerdown", (event) => {
            event.preventDefault();
            take(person);
          });
          return item;
        }),
      );
      list.hidden = !people.length;
      told.textContent = people.length ? `${people.length}` : "";
      if (people.length) mark(0);
      else close();
    }

    async function look() {
      const word = begun();
      if (!word) return close();
      const number = ++asked;
      try {
        const answer = await fetch(`${address}?q=${encodeURIComponent(word.words)}`, { headers: { Accept: "application/json" } });
        if (!answer.ok || number !== asked) return;
        people = (await answer.json()).people;
        if (begun()) draw();
      } catch {
        close(); /* no line: the name is typed by hand */
      }
    }

    area.addEventListener("input", () => {
      clearTimeout(timer);
      if (!begun()) return close();
      timer = setTimeout(look, 120);
    });
    area.addEventListener("blur", close);
    area.addEventListener("keydown", (event) => {
      if (list.hidden || event.isComposing) return;
      const moves = { ArrowDown: 1, ArrowUp: -1 };
      if (event.key in moves) mark((active + moves[event.key] + people.length) % people.length);
      else if (event.key === "Enter" || event.key === "Tab") take(people[active]);
      else if (event.key === "Escape") close();
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
  }

  document.querySelectorAll("textarea[data-mentions]").forEach(enhance);
})();
