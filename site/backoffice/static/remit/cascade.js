/* Choices in steps: what is chosen in one drop-down decides what the next one holds. Without script "Update the form"
   fills the next one. */

const trees = new Map(); // address of a tree → promise of it

function regions(names) {
  const below = {};
  for (const code of Object.keys(names)) {
    let above = "";
    if (!code.endsWith("0000")) {
      const city = `${code.slice(0, 4)}00`;
      above = city !== code && city in names ? city : `${code.slice(0, 2)}0000`;
    }
    (below[above] ??= []).push(code);
  }
  return { names, below };
}

function treeOf(box) {
  if (box.dataset.tree) return Promise.resolve(JSON.parse(box.dataset.tree));
  const address = box.dataset.treeAt;
  if (!trees.has(address)) trees.set(address, fetch(address).then((response) => response.json()).then(regions));
  return trees.get(address);
}

const settled = new WeakSet(); // events of ours: a choice that is saved now

function tell(select) {
  for (const type of ["input", "change"]) {
    const event = new Event(type, { bubbles: true });
    settled.add(event);
    select.dispatchEvent(event);
  }
}

async function follow(box, select) {
  const steps = [...box.querySelectorAll("select")];
  const at = steps.indexOf(select);
  for (const step of steps.slice(at + 1)) step.replaceChildren(step.options[0]);
  const next = steps[at + 1];
  if (next && select.value) {
    try {
      const tree = await treeOf(box);
      for (const key of tree.below[select.value] ?? []) next.add(new Option(tree.names[key] ?? key, key));
    } catch {
      // no connection: saving still fills it
    }
  }
  // On the way through the steps nothing is saved yet, so that nobody is told to go on who is about to.
  if (!next || !select.value || next.options.length < 2 || "partial" in box.dataset) tell(select);
}

for (const type of ["input", "change"]) {
  document.addEventListener(
    type,
    (event) => {
      const box = event.target.closest?.("[data-cascade]");
      if (!box || settled.has(event)) return;
      event.stopPropagation();
      if (type === "change") follow(box, event.target);
    },
    true,
  );
}
