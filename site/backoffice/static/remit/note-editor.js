/* A box in which a note can have paragraphs, lists, bold and italics. Without script the text area beneath it takes plain
   text. What it posts is cleaned on the server, whatever it is. */

const BUTTONS = [
  ["bold", "B", "bold"],
  ["italic", "I", "italic"],
  ["list", "•", "insertUnorderedList"],
  ["numbers", "1.", "insertOrderedList"],
];

function wire(editor) {
  if (editor.dataset.wired) return;
  editor.dataset.wired = "yes";
  const area = editor.querySelector("textarea");
  const kept = editor.querySelector("input[type=hidden]");
  const box = document.createElement("div");
  box.className = "note-editor__box";
  box.contentEditable = "true";
  box.setAttribute("role", "textbox");
  box.setAttribute("aria-multiline", "true");
  for (const name of ["aria-describedby", "aria-invalid", "aria-required"]) {
    if (area.hasAttribute(name)) box.setAttribute(name, area.getAttribute(name));
  }
  const label = document.querySelector(`label[for="${CSS.escape(area.id)}"]`);
  if (label) {
    label.id ||= `${area.id}-label`;
    box.setAttribute("aria-labelledby", label.id);
    label.addEventListener("click", () => box.focus());
  }
  box.replaceChildren(...new DOMParser().parseFromString(kept.value || plain(area.value), "text/html").body.childNodes);
  box.id = area.id;
  area.removeAttribute("id");
  area.disabled = true;
  area.hidden = true;

  const tools = document.createElement("div");
  tools.className = "note-editor__tools";
  tools.setAttribute("role", "toolbar");
  tools.setAttribute("aria-label", editor.dataset.tools);
  for (const [name, sign, command] of BUTTONS) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = sign;
    button.title = editor.dataset[name];
    button.setAttribute("aria-label", editor.dataset[name]);
    button.setAttribute("aria-pressed", "false");
    button.dataset.command = command;
    button.addEventListener("mousedown", (event) => event.preventDefault()); // keeps the selection
    button.addEventListener("click", () => {
      box.focus();
      document.execCommand(command);
      changed();
    });
    tools.append(button);
  }
  editor.prepend(tools, box);
  document.execCommand("defaultParagraphSeparator", false, "p");

  const pressed = () => {
    if (!box.contains(document.activeElement) && document.activeElement !== box) return;
    for (const button of tools.children) {
      button.setAttribute("aria-pressed", String(document.queryCommandState(button.dataset.command)));
    }
  };
  function changed() {
    kept.value = box.innerHTML;
    kept.dispatchEvent(new Event("input", { bubbles: true }));
    pressed();
  }
  box.addEventListener("input", (event) => {
    event.stopPropagation();
    changed();
  });
  box.addEventListener("paste", (event) => {
    event.preventDefault();
    document.execCommand("insertText", false, event.clipboardData.getData("text/plain"));
  });
  document.addEventListener("selectionchange", pressed);
}

function plain(text) {
  const holder = document.createElement("div");
  for (const paragraph of text.split(/\n{2,}/).filter(Boolean)) {
    const p = document.createElement("p");
    paragraph.split("\n").forEach((line, at) => p.append(...(at ? [document.createElement("br"), line] : [line])));
    holder.append(p);
  }
  return holder.innerHTML;
}

const wireAll = () => document.querySelectorAll("[data-note-editor]").forEach(wire);
wireAll();
new MutationObserver(wireAll).observe(document.body, { childList: true, subtree: true });
