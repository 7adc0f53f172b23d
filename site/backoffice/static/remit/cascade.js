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

document.addEventListener("change", async (event) => {
  const box = event.target.closest?.("[data-cascade]");
  if (!box) return;
  const steps = [...box.querySelectorAll("select")];
  const at = steps.indexOf(event.target);
  for (const step of steps.slice(at + 1)) step.replaceChildren(step.options[0]);
  const next = steps[at + 1];
  if (!next || !event.target.value) return;
  let tree;
  try {
    tree = await treeOf(box);
  } catch {
    return; // no connection: "Update the form" still fills it
  }
  for (const key of tree.below[event.target.value] ?? []) next.add(new Option(tree.names[key] ?? key, key));
});
