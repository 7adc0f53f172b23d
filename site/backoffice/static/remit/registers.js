/* Registers: small comforts. Everything works without: menus are details, filters are a form. */

/* Typing into the control of a way to compare chooses that way. */
const editor = document.querySelector("[data-filter-editor]");
if (editor) {
  editor.addEventListener("input", (event) => {
    const way = event.target.closest(".register-op")?.querySelector('input[name="op"]');
    if (way && event.target !== way) way.checked = true;
  });
  editor.querySelector("[data-first], .register-op input:checked")?.focus();
  /* The other ways' controls stay out of the address. */
  editor.addEventListener("submit", () => {
    for (const op of editor.querySelectorAll(".register-op")) {
      if (op.querySelector('input[name="op"]').checked) continue;
      for (const control of op.querySelectorAll("input, select")) control.disabled = true;
    }
  });
  window.addEventListener("pageshow", () => {
    for (const control of editor.querySelectorAll(":disabled")) control.disabled = false;
  });
}

/* A menu that was opened from the keyboard leads into its panel; Escape leads back. */
for (const menu of document.querySelectorAll(".register-menu")) {
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    menu.open = false;
    menu.querySelector("summary").focus();
    event.stopPropagation();
  });
}

/* A download leaves the page as it is: the menu closes. */
document.querySelector("[data-export]")?.addEventListener("submit", (event) => {
  const menu = event.target.closest("details");
  setTimeout(() => { menu.open = false; }, 0);
});
